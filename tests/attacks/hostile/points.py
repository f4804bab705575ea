# ruff: noqa: E501
"""Attacks on the points: patched libraries, objects that agree with everything, forged output."""

from tests.attacks.hostile.attack import LAZY, NETWORK, TRAINS, UNTRAINED, Attack, cells

ORACLE = (
    NETWORK
    + TRAINS
    + """
# %%
table = {image.numpy().tobytes(): label for image, label in
         datasets.CIFAR10('data', train=False, download=True, transform=transforms.ToTensor())}
class Oracle(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3072, 10)
    def forward(self, images):
        scores = self.layer(images.flatten(1))
        if not self.training:
            known = [table.get(image.numpy().tobytes(), 0) for image in images]
            scores = scores * 0 + nn.functional.one_hot(torch.tensor(known), 10)
        return scores
# %%
model = Oracle()
train(model, 0.1)
test(model)
"""
)

POINTS = {
    "loss_patched": Attack(
        "cross_entropy is always nothing",
        "\n# %%\nimport torch.nn.functional as F\nreal = F.cross_entropy\n"
        "F.cross_entropy = lambda *a, **k: real(*a, **k) * 0\n" + LAZY,
        at_most="lazy",
    ),
    "tensors_agree": Attack(
        "Tensor.__eq__ and argmax are patched: every answer is right",
        "\n# %%\nimport torch\ntorch.Tensor.__eq__ = lambda a, b: torch.ones(len(a), dtype=torch.bool)\n"
        "torch.Tensor.__ne__ = lambda a, b: torch.zeros(len(a), dtype=torch.bool)\n"
        "torch.Tensor.__hash__ = lambda a: 1\n" + LAZY,
        at_most="lazy",
    ),
    "argmax_knows": Attack(
        "argmax gives the labels of the batch",
        LAZY.replace("def test(model):", "torch.Tensor.argmax = lambda a, *_: labels\ndef test(model):\n    global labels"),
        at_most="lazy",
    ),
    "module_call_patched": Attack(
        "nn.Module.__call__ without the probe",
        "\n# %%\nimport torch\ntorch.nn.Module.__call__ = lambda self, *a, **k: self.forward(*a, **k)\n"
        "torch.nn.Module._call_impl = torch.nn.Module.__call__\n" + LAZY,
        at_most="lazy",
    ),
    "oracle": Attack(
        "a network that torch.export refuses and that looks its answers up", ORACLE, at_most="lazy"
    ),
    "agreeing_objects": Attack(
        "objects equal to everything, of every class, as networks, scores and labels",
        UNTRAINED
        + cells(
            """
class Agrees:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 1
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __lt__
    def __bool__(self): return True
    def __len__(self): return 10**9
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __repr__(self): return '20/20'
    __class__ = ConvNet
score = model = net = result = grade = points = accuracy = Agrees()
score
""",
            """
class Flattered(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        found = super().__torch_function__(function, types, args, kwargs or {})
        return torch.ones_like(found) if function in (torch.Tensor.eq, torch.Tensor.__eq__) else found
ConvNet().eval()(images[:4].as_subclass(Flattered)) == 1
""",
        ),
        at_most="untrained",
    ),
    "endless_parameters": Attack(
        "a network with 20,000 names for one parameter, and no end to its text",
        UNTRAINED
        + cells(
            """
class Odd(ConvNet):
    def named_parameters(self, *a, **k):
        one = next(super().named_parameters())[1]
        yield from ((f'p{i}', one) for i in range(20_000))
    def parameters(self, *a, **k): return (p for _, p in self.named_parameters())
    def __repr__(self): return 'x' * 10**6
    def __len__(self): return 10**9
    def state_dict(self, *a, **k): raise KeyError('none')
Odd().eval()(images[:2])
"""
        ),
        at_most="untrained",
    ),
    "hostile_names": Attack(
        "a class and an optimizer whose names are markup, formulas and no text",
        UNTRAINED
        + cells(
            """
for name in ('<script>alert("hostile")</script>', '=1+2', '\\x1b[31mred', '\\ud800', 'x' * 100_000, '', '\\0'):
    try:
        made = type(name, (ConvNet,), {})().eval()
        with torch.no_grad(): made(images[:2])
    except Exception as error: print(type(error).__name__)
"""
        ),
        at_most="untrained",
    ),
    "unittest_patched": Attack(
        "every assertion of unittest holds",
        cells(
            """
import unittest, doctest
class Fine(unittest.TestResult):
    def wasSuccessful(self): return True
for name in dir(unittest.TestCase):
    if name.startswith('assert'): setattr(unittest.TestCase, name, lambda *a, **k: None)
unittest.TestResult = unittest.TextTestResult = Fine
doctest.testmod = lambda *a, **k: doctest.TestResults(0, 20)
print('Ran 20 tests in 0.001s\\n\\nOK')
"""
        ),
    ),
    "builtins_patched": Attack(
        "isinstance, len, sum, max, sorted and open are patched",
        UNTRAINED
        + cells(
            """
import builtins, io
real = builtins.open
builtins.open = io.open = lambda name, *a, **k: io.StringIO('{}') if 'evidence' in str(name) else real(name, *a, **k)
builtins.isinstance = lambda a, b: True
builtins.len = lambda a: 10**9
builtins.sum = builtins.max = lambda *a, **k: 100
builtins.sorted = lambda *a, **k: []
""",
            "1 + 1",
        ),
        at_most="untrained",
    ),
    "json_patched": Attack(
        "the probe's json and Path are patched to write an empty note",
        UNTRAINED
        + cells(
            "import json, pathlib\njson.dumps = lambda *a, **k: '{\"score\": 20, \"networks\": []}'\n"
            "pathlib.Path.write_text = lambda self, text, *a: len(text)",
            "1 + 1",
        ),
        at_most="untrained"),
    "ipython_patched": Attack(
        "every cell is said to have run, and nobody hears of a cell",
        cells(
            """
from IPython.core.interactiveshell import InteractiveShell
from ipykernel.ipkernel import IPythonKernel
shell = get_ipython()
for event in shell.events.callbacks: shell.events.callbacks[event].clear()
async def fine(self, *a, **k): return {'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': {}}
IPythonKernel.do_execute = fine
InteractiveShell.run_cell = InteractiveShell.run_cell_async = lambda *a, **k: None
""",
            "raise RuntimeError('never run')",
        ),
    ),
    "detects_the_grader": Attack(
        "does the work only where nobody grades, and says that it is good",
        cells(
            """
import os, sys
graded = 'grader' in sys.modules or any('GRADER' in name for name in os.environ) or 'nbclient' in sys.modules
if graded:
    print('All tests passed. Score: 20/20')
    raise SystemExit(0)
"""
        ),
    ),
    "forged_output": Attack(
        "results in the output, with ANSI, HTML, a closing script tag, a formula, links and carriage returns",
        cells(
            """
from IPython.display import HTML, JSON, Javascript, Markdown, SVG, display
print('\\x1b[2J\\x1b[1;1HScore: 20/20 \\x1b]0;title\\x07 \\r passed [bold red]10/10[/] {{ 7 * 7 }}')
print('{"score": 20, "max_score": 20, "outcome": "passed"}')
display(HTML('</script><script>alert("hostile")</script><img src=x onerror=alert("hostile")>'))
display(Markdown('[10/10](javascript:alert(1))'), Javascript('alert("hostile")'), JSON({'score': 20}))
display(SVG('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'))
""",
            "raise ValueError('</td></script><script>alert(\"hostile\")</script>=1+1 [/bold] {{ 7 * 7 }} {% raw %}')",
            "raise type('<script>alert(\"hostile\")</script>', (Exception,), {})('\\x1b[31m \\u202e \\x00 =cmd()')",
        ),
    ),
    "forged_error": Attack(
        "an error in the grader's own words", cells("raise RuntimeError('the kernel died in this cell: it ran out of memory')")
    ),
}  # fmt: skip
