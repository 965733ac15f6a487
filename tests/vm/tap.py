"""TAP from functions: each is one test, named by what it is given as a name, failed by what it raises."""


class Skip(Exception):
    """Raised by a test that cannot be run here; its text says why."""


def run(topic, tests):
    """tests: (name, function without arguments). Returns how many failed."""
    failed = number = 0
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {topic}: {name}")
        except Skip as reason:
            print(f"ok {number} - {topic}: {name} # SKIP {reason}")
        except Exception as reason:  # whatever it is, it is this test's failure
            failed += 1
            print(f"not ok {number} - {topic}: {name}")
            for line in f"{type(reason).__name__}: {reason}"[:2000].splitlines():
                print(f"# {line}")
    print(f"1..{number}")
    return failed


def of_module(module, argument):
    """Every function of a module's globals() whose name starts with test_; its docstring is its name."""
    for name, function in module.copy().items():
        if name.startswith("test_"):
            yield function.__doc__, lambda function=function: function(argument)
