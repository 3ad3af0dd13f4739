"""`python -m kubestack_py` is the command `kubestack`."""

from kubestack_py.cli.main import main

if __name__ == "__main__":
    main()
