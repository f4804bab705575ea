# ruff: noqa: E501
"""Attacks on the evidence: student code finds the probe's folder and writes there."""

from tests.attacks.hostile.attack import FOLDER, NETWORK, UNTRAINED, Attack, cells

TRAINED = """
def forge():
    notes = json.loads((folder / 'evidence.json').read_text())
    network = notes['networks'][0]
    name, place = network['id'], {'cell': 1, 'line': 1}
    for parameter in network['parameters']: parameter |= {'changed': True, 'stepped': True}
    network['weights_at_step'] = 400
    use = {'kind': 'SGD', 'settings': {'lr': 0.1}, 'groups': 1, 'first_step': 0, 'last_step': 400, 'foreign': 0}
    loss = {'kind': 'cross_entropy', 'received': 'logits', 'attached': True, 'calls': 400}
    notes['runs'] = [{'network': name, 'place': place, 'running': 1, 'batch_size': 128, 'steps': 400, 'full_steps': 400,
        'backwards': 400, 'epochs': 4, 'optimizers': [use], 'losses_used': [loss],
        'rates': [[100 * i, 0.1 * 0.95**i] for i in range(4)], 'losses': [[i, 2.3 - i / 200] for i in range(400)],
        'zeroed': 399, 'not_zeroed': 0}]
    phase = {'network': name, 'place': place, 'dataset': 'CIFAR10', 'output': 'logits', 'as_loaded': True}
    phases = []
    for i in range(4):
        phases.append(phase | {'kind': 'train', 'epoch': i, 'first_step': 100 * i, 'training_mode': True,
            'gradients': True, 'split': 'train', 'loader_pass': 2 * i, 'batches': 100, 'samples': 12800})
        phases.append(phase | {'kind': 'eval', 'epoch': i + 1, 'first_step': 100 * i + 100, 'training_mode': False,
            'gradients': False, 'split': 'test', 'loader_pass': 2 * i + 1, 'batches': 8, 'samples': 1000,
            'confusion': [[80 * (a == b) for a in range(10)] for b in range(10)]})
    notes['phases'] = notes['phases'] * KEEP + phases
    notes['schedulers'] = [{'kind': 'ExponentialLR', 'steps': 4, 'network': name, 'place': place}]
    (folder / 'evidence.json').write_text(json.dumps(notes))
last_word(forge)
"""


def forged(code: str) -> str:
    """A network that was never trained, and `code` that writes over what was seen of it."""
    return UNTRAINED + FOLDER + cells(f"def forge():\n{code}\nlast_word(forge)")


def text(expression: str) -> str:
    return forged(f"    (folder / 'evidence.json').write_text({expression})")


FORGERIES = {
    "forged_training": Attack(
        "a training that never was, beside what the probe saw",
        UNTRAINED + FOLDER + TRAINED.replace("KEEP", "1"),
        at_most="untrained"),
    "forged_accuracy": Attack(
        "a training and an accuracy that never were; no image is left by which to replay",
        UNTRAINED + FOLDER + TRAINED.replace("KEEP", "0"),
        at_most="untrained"),
    "forged_network": Attack(
        "notes on the right network, whose graph is that of a linear one",
        forged(
            "    graph = {'nodes': [{'name': 'x', 'op': 'input', 'shape': [2, 3, 32, 32], 'source': ['USER_INPUT', None]},"
            "{'name': 'f', 'op': 'aten.flatten.using_ints', 'args': [{'n': 'x'}, 1]},"
            "{'name': 'out', 'op': 'output', 'args': [{'n': 'f'}]}]}\n"
            "    for path in folder.glob('net*.json'): path.write_text(json.dumps(graph))"
        ),
        at_most="untrained",
    ),
    "nan": Attack(
        "NaN, infinity and numbers without end",
        forged(
            "    seen = (folder / 'evidence.json').read_text().replace('\"unattributed\": 0', "
            '\'"unattributed": NaN, "unattributed": 1e999, "unattributed": -Infinity, "unattributed": 1\' + \'0\' * 4000)\n'
            "    (folder / 'evidence.json').write_text(seen)"
        ),
        at_most="untrained",
    ),
    "unknown_fields": Attack(
        "notes that name the points themselves",
        text("json.dumps({'networks': [], 'score': 20, 'points': 20, 'outcome': 'passed'})"),
        at_most="untrained",
    ),
    "huge_json": Attack(
        "6 MB of empty lists", text("'{\"networks\": [' + '[],' * 2_000_000 + '[]]}'"), at_most="untrained",
    ),
    "deep_json": Attack(
        "notes and graphs nested a hundred thousand deep",
        forged(
            "    for path in folder.glob('*.json'): path.write_text('{\"networks\": ' + '[' * 100_000 + ']' * 100_000 + '}')"
        ),
        at_most="untrained",
    ),
    "deep_graph": Attack(
        "graphs nested a hundred thousand deep, and nodes without end",
        forged(
            "    for path in folder.glob('net*.json'): path.write_text('{\"nodes\": ' + '[' * 100_000 + ']' * 100_000 + '}')"
        ),
        at_most="untrained",
    ),
    "surrogate_notes": Attack(
        "names in the notes that are no text",
        forged(
            "    notes = json.loads((folder / 'evidence.json').read_text())\n"
            "    notes['networks'][0]['class_name'] = notes['device'] = chr(0xd800)\n"
            "    notes['remarks'] = ['<script>alert(\"hostile\")</script>', chr(0xdfff), '=1+1', '\\x1b[31m']\n"
            "    (folder / 'evidence.json').write_text(json.dumps(notes))"
        ),
        at_most="untrained",
    ),
    "markup_notes": Attack(
        "remarks and names in the notes that are markup",
        forged(
            "    notes = json.loads((folder / 'evidence.json').read_text())\n"
            "    notes['networks'][0]['class_name'] = '</script><script>alert(\"hostile\")</script>'\n"
            "    notes['remarks'] = ['<script>alert(\"hostile\")</script>', '=1+1', '\\x1b[31m']\n"
            "    (folder / 'evidence.json').write_text(json.dumps(notes))"
        ),
        at_most="untrained",
    ),
    "links": Attack(
        "evidence that links to hidden files",
        forged(
            "    for name in ('evidence.json', 'net1.train.json', 'net1.safetensors', 'phase1.safetensors'):\n"
            "        (folder / name).unlink(missing_ok=True)\n"
            "        (folder / name).symlink_to('@HIDDEN@')"
        ),
        at_most="untrained",
    ),
    "folder_is_a_link": Attack(
        "the evidence folder is a link to a hidden one",
        forged(
            "    import shutil\n    shutil.rmtree(folder, ignore_errors=True)\n"
            "    try: folder.symlink_to('@OUTSIDE@')\n    except OSError: pass"
        ),
        at_most="untrained",
    ),
    "pipes": Attack(
        "named pipes, folders and sockets in place of evidence",
        forged(
            "    import socket\n"
            "    for path in folder.iterdir():\n        path.unlink()\n"
            "    os.mkfifo(folder / 'evidence.json')\n    os.mkdir(folder / 'net1.safetensors')\n"
            "    try: socket.socket(socket.AF_UNIX).bind(str(folder / 'net2.safetensors'))\n    except OSError: pass"
        ),
        at_most="untrained",
    ),
    "pickled_weights": Attack(
        "a pickle that runs a command, under the name of weights and of samples",
        forged(
            "    import pickle\n"
            "    class Runs:\n        def __reduce__(self): return os.system, ('touch @OUTSIDE@/@MARKER@',)\n"
            "    for path in folder.glob('*.safetensors'): path.write_bytes(pickle.dumps(Runs()))"
        ),
        at_most="untrained",
    ),
    "broken_weights": Attack(
        "safetensors that promise 2^63 bytes, and offsets that overlap",
        forged(
            "    import struct\n    head = json.dumps({'a': {'dtype': 'F32', 'shape': [2**40], 'data_offsets': [0, 2**42]}}).encode()\n"
            "    for i, path in enumerate(sorted(folder.glob('*.safetensors'))):\n"
            "        path.write_bytes(struct.pack('<Q', 2**63 - 1 if i % 2 else len(head)) + head)"
        ),
        at_most="untrained",
    ),
    "absurd_samples": Attack(
        "images without pixels, with one, with infinities, and of types that are none",
        forged(
            "    from safetensors.torch import save_file\n"
            "    shapes = [(16, 3, 0, 0), (16, 3, 1, 1), (16, 0, 32, 32), (0, 3, 32, 32), (16, 4, 32, 32), (2, 3, 512, 1)]\n"
            "    notes = json.loads((folder / 'evidence.json').read_text())\n"
            "    base = notes['phases'][0]\n"
            "    notes['phases'] = []\n"
            "    for i, shape in enumerate(shapes):\n"
            "        save_file({'images': torch.full(shape, float('inf')), 'labels': torch.full(shape[:1], 2**62)}, folder / f'phase{i}.safetensors')\n"
            "        notes['phases'].append(base | {'sample': f'phase{i}'})\n"
            "    save_file({name: torch.full((3, 3, 32, 32), 1e38) for name in ('black', 'white', 'coded')}, folder / 'pipeline0.safetensors')\n"
            "    notes['phases'].append(base | {'pipeline': 'pipeline0', 'sample': None})\n"
            "    for path in folder.glob('net*.safetensors'):\n"
            "        save_file({'images': torch.zeros(2, 3, 0, 0), 'indices': torch.tensor([2**62, -2**62])}, folder / path.name.replace('.s', '.stream.s'))\n"
            "    (folder / 'evidence.json').write_text(json.dumps(notes))"
        ),
        at_most="untrained",
    ),
    "absurd_graph": Attack(
        "calls of eval and of the system, and tensors of petabytes",
        forged(
            "    ops = ['builtins.eval', 'os.system', 'aten.from_file.default', '_operator.mul', 'aten.full.default',"
            " 'aten.__class__.default', 'torch.load', 'aten.repeat.default']\n"
            "    nodes = [{'name': 'x', 'op': 'input', 'shape': [2, 3, 32, 32], 'source': ['USER_INPUT', None]}]\n"
            "    for number, op in enumerate(ops):\n"
            "        for path in folder.glob('net*.json'):\n"
            "            calls = [{'name': f'c{i}', 'op': op, 'args': [[10**9] * 6, 'touch @OUTSIDE@/@MARKER@']} for i in range(200)]\n"
            "            path.write_text(json.dumps({'nodes': nodes + calls + [{'name': 'out', 'op': 'output', 'args': [{'n': 'c0'}]}]}))\n"
        ),
        at_most="untrained",
    ),
    "nan_weights": Attack(
        "weights that are not numbers",
        forged(
            "    from safetensors.torch import load_file, save_file\n"
            "    for path in folder.glob('net?.safetensors'):\n"
            "        save_file({n: torch.full_like(t, float('nan')) for n, t in load_file(path).items()}, path)"
        ),
        at_most="untrained",
    ),
    "forged_without_network": Attack(
        "a network that was never called, written down by the probe's own code, and trained only in the notes",
        NETWORK
        + FOLDER
        + cells(
            """
from grader.probe import graphs
def forge():
    net, example = ConvNet().eval(), torch.rand(2, 3, 32, 32)
    for mode in ('train', 'eval'): graphs.write_graph(net, example, mode, folder / f'net1.{mode}.json')
    graphs.write_tensors(dict(net.state_dict()), folder / 'net1.safetensors')
    notes = json.loads((folder / 'evidence.json').read_text())
    notes['networks'] = [{'id': 'net1', 'class_name': 'ConvNet', 'defined': {'cell': 0, 'line': 1},
        'input_shape': [2, 3, 32, 32], 'has_graphs': True,
        'parameters': [{'name': n, 'shape': list(p.shape), 'trainable': True} for n, p in net.named_parameters()]}]
    (folder / 'evidence.json').write_text(json.dumps(notes))
last_word(forge)
"""
        ),
        at_most="untrained",
    ),
}  # fmt: skip
