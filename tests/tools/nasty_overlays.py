"""Overlays that try to make Kustomize mix them up when it builds them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_USER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  template:
    spec:
      containers:
      - name: web
        image: nginx:1
        args: ["$(GREETING)", "$(POD_IP)"]
        envFrom: [{configMapRef: {name: config}}]
"""
ODD = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: odd, annotations: {}}
data:
  document: |
    ---
    a: b
    --- # not a separator
  "key with: colon": "yes"
  number: "0644"
  trailing: "x   \\n  \\n"
  unicode: "héé ☃ \\u0085 \\t x"
  long: "LONG"
---
apiVersion: v1
kind: ConfigMap
metadata: {name: nothing, annotations: }
---
apiVersion: v1
kind: ConfigMap
metadata: {name: local, annotations: {config.kubernetes.io/local-config: "true"}}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: one}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: two, annotations: {z: "1"}}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foos.example.com}
spec: {group: example.com, scope: Namespaced, names: {kind: Foo, plural: foos}, versions: []}
---
apiVersion: example.com/v1
kind: Foo
metadata: {name: foo}
spec: {mode: 0644, flag: yes, date: 2020-01-01, number: 1e3}
""".replace("LONG", "word " * 60)
GENERATOR = "configMapGenerator: [{name: config, literals: [a=b]}]\n"
BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: NAME}
subjects: [{kind: ServiceAccount, name: robot}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
"""
ROBOT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n"
API_SERVICE = """\
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.NAME.example.com}
spec: {service: {name: api, namespace: here}, group: NAME.example.com, version: v1}
---
apiVersion: v1
kind: Service
metadata: {name: api}
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shared}\n"
RESOURCE = "resources: [a.yaml]\n"
ODD_PLAIN = ODD.partition("---\napiVersion: v1\nkind: List")[0]
RENAME = """\
patches:
- target: {kind: ServiceAccount}
  patch: |-
    - {op: replace, path: /metadata/name, value: renamed}
"""
REPLACE = """\
replacements:
- source: {kind: ServiceAccount, fieldPath: metadata.name}
  targets:
  - select: {kind: ServiceAccount}
    fieldPaths: [metadata.annotations.me]
    options: {create: true}
"""
VARIABLE = "vars: [{name: GREETING, objref: {apiVersion: apps/v1, kind: Deployment, name: vars}}]\n"
NEEDS_HASH = """\
apiVersion: example.com/v1
kind: Foo
metadata: {name: hashed, annotations: {internal.config.kubernetes.io/needsHashSuffix: enabled}}
"""
LOCAL = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: gone, annotations: {config.kubernetes.io/local-config: "true"}}
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {serviceAccountName: account}\n"


def of(kustomization: str, resource: str) -> dict[str, str]:
    """The files of an overlay with one resource file."""
    return {"kustomization.yaml": RESOURCE + kustomization, "a.yaml": resource}


def user(name: str) -> str:
    """A Deployment that refers to the ConfigMap `config`."""
    return CONFIG_USER.replace("NAME", name)


def account(name: str) -> str:
    """A ServiceAccount."""
    return ROBOT.replace("robot", name)


def harmless(number: int, namespace: str = "shared") -> dict[str, str]:
    """An overlay as most are: a namespace, a Deployment and a ConfigMap of its own."""
    config = f"config-{number}"
    generator = GENERATOR.replace("config,", f"{config},")
    return {
        "kustomization.yaml": f"namespace: {namespace}\nresources: [a.yaml, n.yaml]\n{generator}",
        "a.yaml": user(f"app-{number}").replace("name: config", f"name: {config}"),
        "n.yaml": NAMESPACE.replace("shared", namespace),
    }


# Each is a stack of one overlay.
NASTY: Mapping[str, Mapping[str, str]] = {
    "odd": of("namePrefix: pre-\n", ODD),
    "plain": of("", ODD_PLAIN),
    "own-config": of("namePrefix: own-\n" + GENERATOR, user("own")),
    "foreign-config": of("", user("foreign")),
    "gives-config": {"kustomization.yaml": GENERATOR},
    "namespaced-config": of("namespace: here\n" + GENERATOR, user("namespaced")),
    "same-prefix": of("namePrefix: own-\n" + GENERATOR.replace("config,", "settings,"), POD),
    "nested-prefix": {
        "kustomization.yaml": "resources: [inner, a.yaml]\n",
        "a.yaml": user("nested"),
        "inner/kustomization.yaml": "namePrefix: inner-\n" + GENERATOR,
    },
    "vars": of(VARIABLE, user("vars")),
    "binding": of("", BINDING.replace("NAME", "binding")),
    "robot": of("namespace: here\n", ROBOT),
    "api-one": of("namePrefix: one-\nnamespace: here\n", API_SERVICE.replace("NAME", "one")),
    "api-two": of("namespace: there\n", API_SERVICE.replace("NAME", "two")),
    "namespace-one": of("", NAMESPACE),
    "namespace-two": of("namespace: shared\n", f"{NAMESPACE}---\n{ODD}"),
    "twice-one": of("", account("twice")),
    "twice-two": of("", account("twice")),
    "metadata": of("buildMetadata: [originAnnotations, managedByLabel]\n", account("described")),
    "order": of("sortOptions: {order: fifo}\n", f"{account('zz')}---\n{account('aa')}"),
    "deprecated": of("commonLabels: {a: b}\n", user("deprecated")),
    "hashed-kind": of("", NEEDS_HASH),
    "renamed": of(RENAME, account("account")),
    "wants-renamed": of("", POD.replace("name: p", "name: wants")),
    "replaced": of(REPLACE, account("replaced")),
    "empty": of("", LOCAL),
    "missing": {"kustomization.yaml": "resources: [nope.yaml]\n"},
    "no-target": of("patches: [{patch: '{kind: A, metadata: {name: b}}'}]\n", account("c")),
}
