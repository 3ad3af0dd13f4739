// Runs a declarative Jenkinsfile: our model of Jenkins, which cannot be had here. A word that it does not
// know ends it with 2. Arguments: the Jenkinsfile, then a work tree for each stage that runs.
// KUBESTACK_TEST_TIMER=true says that a timer started the build.
import java.nio.file.FileSystems
import java.nio.file.Paths

class Words {
    Map words

    def invokeMethod(String name, Object given) {
        if (!words.containsKey(name)) {
            throw new UnknownWord("unknown word: ${name}")
        }
        words[name](*given)
    }

    def getProperty(String name) {
        words.containsKey(name) ? words[name] : { throw new UnknownWord("unknown word: ${name}") }()
    }
}

class Variables {
    Map values = [:]

    def getProperty(String name) { values[name] }

    void setProperty(String name, Object value) { values[name] = value }
}

class UnknownWord extends RuntimeException {
    UnknownWord(String message) { super(message) }
}

class Build {
    Variables env = new Variables(values: new LinkedHashMap(System.getenv()))
    List trees
    Map stashed = [:]
    boolean failed = false

    def inside(Map words, Closure body) {
        def block = (Closure) body.clone()
        block.delegate = new Words(words: words)
        block.resolveStrategy = Closure.DELEGATE_FIRST
        block()
    }

    boolean glob(String pattern, String name) {
        name != null && FileSystems.default.getPathMatcher("glob:${pattern}").matches(Paths.get(name))
    }

    boolean named(Object rule, String name) {
        def pattern = rule instanceof Map ? rule.pattern : rule
        assert !(rule instanceof Map) || rule.comparator == 'GLOB'
        glob(pattern, name)
    }

    boolean allHold(Closure body) {
        def held = []
        def keep = { value -> held << (boolean) value; value }
        inside([
            env: env,
            beforeAgent: { flag -> assert flag }, beforeInput: { flag -> assert flag }, beforeOptions: { flag -> assert flag },
            not: { Closure inner -> keep(!allHold(inner)) },
            allOf: { Closure inner -> keep(allHold(inner)) },
            anyOf: { Closure inner -> keep(anyHolds(inner)) },
            changeRequest: { -> keep(env.CHANGE_ID != null) },
            buildingTag: { -> keep(env.TAG_NAME != null) },
            branch: { rule -> keep(named(rule, env.BRANCH_NAME)) },
            tag: { rule -> keep(named(rule, env.TAG_NAME)) },
            triggeredBy: { cause -> assert cause == 'TimerTrigger'; keep(env.KUBESTACK_TEST_TIMER == 'true') },
            expression: { Closure inner -> keep(inside([env: env], inner)) },
        ], body)
        held.every()
    }

    boolean anyHolds(Closure body) {
        def held = []
        inside([
            changeRequest: { -> held << (env.CHANGE_ID != null) },
            allOf: { Closure inner -> held << allHold(inner) },
        ], body)
        held.any()
    }

    void stage(String title, Closure body) {
        def parts = [:]
        def keep = { String name -> [(name): { Object[] given -> parts[name] = given[-1] }] }
        def words = ['when', 'options', 'agent', 'environment', 'input', 'steps', 'post'].collectEntries(keep)
        inside(words + [any: 'any', none: 'none'], body)
        if (failed || (parts.when && !allHold(parts.when))) {
            return
        }
        def variables = new Variables()
        if (parts.environment) {
            def block = (Closure) parts.environment.clone()
            block.delegate = variables
            block.resolveStrategy = Closure.DELEGATE_ONLY
            block()
        }
        if (parts.input) {
            inside([message: { println "ASKED ${it}" }, submitter: { println "OF ${it}" }], parts.input)
        }
        if (parts.options) {
            inside([lock: { given -> println "LOCK ${given.resource}" }], parts.options)
        }
        def tree = new File(trees.remove(0))
        try {
            inside(steps(tree, variables.@values), parts.steps)
            println "STAGE success ${title}"
        } catch (IllegalStateException stopped) {
            failed = true
            println "STAGE failed ${title}"
        }
        if (parts.post) {
            inside([always: { Closure inner -> inside([archiveArtifacts: { given -> }], inner) }], parts.post)
        }
    }

    Map steps(File tree, Map variables) {
        [
            sh: { String script -> shell(tree, variables, script) },
            timeout: { Map given, Closure inner -> inside(steps(tree, variables), inner) },
            gitUsernamePassword: { given -> [GIT_ASKPASS: '/bin/true'] },
            usernamePassword: { given -> [
                (given.usernameVariable): 'robot', (given.passwordVariable): "secret of ${given.credentialsId}",
            ] },
            string: { given -> [(given.variable): "secret of ${given.credentialsId}"] },
            file: { given -> [(given.variable): secretFile(given.credentialsId)] },
            withCredentials: { List given, Closure inner ->
                inside(steps(tree, variables + given.collectEntries { it }), inner)
            },
            stash: { given -> stashed[given.name] = [(given.includes): new File(tree, given.includes).bytes] },
            unstash: { name -> stashed[name].each { path, content -> new File(tree, path).bytes = content } },
        ]
    }

    String secretFile(String id) {
        def file = File.createTempFile('secret', id)
        file.deleteOnExit()
        file.text = "secret of ${id}"
        file.path
    }

    void shell(File tree, Map variables, String script) {
        def process = new ProcessBuilder('sh', '-e', '-c', script).directory(tree).redirectErrorStream(true)
        process.environment().putAll(variables.collectEntries { [(it.key): it.value.toString()] } + [WORKSPACE: tree.path])
        def started = process.start()
        started.outputStream.close()
        started.inputStream.eachLine { println it }
        if (started.waitFor()) {
            throw new IllegalStateException("exit ${started.exitValue()}")
        }
    }

    void pipeline(Closure body) {
        inside([
            none: 'none',
            agent: { which -> assert which == 'none' },
            options: { Closure inner -> inside([
                buildDiscarder: { given -> }, logRotator: { given -> given }, disableConcurrentBuilds: { -> },
            ], inner) },
            triggers: { Closure inner -> inside([env: env, cron: { line -> println "CRON ${line.replace('\n', ' ')}" }], inner) },
            stages: { Closure inner -> inside([stage: { String title, Closure given -> stage(title, given) }], inner) },
        ], body)
    }
}

def build = new Build(trees: args.drop(1).toList())
def binding = new Binding(pipeline: { Closure body -> build.pipeline(body) })
try {
    new GroovyShell(binding).evaluate(new File(args[0]))
} catch (UnknownWord error) {
    System.err.println(error.message)
    System.exit(2)
}
System.exit(build.failed ? 1 : 0)
