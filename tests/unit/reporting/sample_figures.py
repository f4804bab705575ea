"""What the pages draw for the sample results: layers, curves, confusion matrix."""

import math

from grader.schema.result import Confusion, Curve, Figures, LayerRow

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def layers(right: bool) -> tuple[LayerRow, ...]:
    """The network of the lab; the near miss forgot conv3's padding, so that fc4 has fewer inputs."""
    rows = [
        ("conv1", "32 x 5x5, padding 2, ReLU", "32 x 32 x 32", 2432),
        ("pool1", "max 2x2, stride 2", "32 x 16 x 16", 0),
        ("conv2", "64 x 5x5, padding 2, ReLU", "64 x 16 x 16", 51264),
        ("pool2", "max 2x2, stride 2", "64 x 8 x 8", 0),
        ("conv3", "64 x 5x5, padding 2, ReLU", "64 x 8 x 8", 102464),
        ("pool3", "max 2x2, stride 2", "64 x 4 x 4", 0),
        ("fc4", "1000 units, ReLU", "1000", 1025000),
        ("fc5", "10 units", "10", 10010),
    ]
    wrong = {
        "conv3": (
            "64 x 5x5, padding 0, ReLU",
            "64 x 4 x 4",
            102464,
            "Padding 0: the image shrinks from 8 to 4 here.",
        ),
        "pool3": ("max 2x2, stride 2", "64 x 2 x 2", 0, "Follows from conv3."),
        "fc4": ("1000 units, ReLU", "1000", 257000, "256 inputs in place of 1,024."),
    }
    made = []
    for name, text, shape, count in rows:
        if right or name not in wrong:
            made.append(
                LayerRow(
                    name=name,
                    expected=text,
                    expected_shape=shape,
                    expected_parameters=count,
                    found=text,
                    found_shape=shape,
                    found_parameters=count,
                    verdict="equal",
                )
            )
            continue
        found, found_shape, parameters, note = wrong[name]
        made.append(
            LayerRow(
                name=name,
                expected=text,
                expected_shape=shape,
                expected_parameters=count,
                found=found,
                found_shape=found_shape,
                found_parameters=parameters,
                verdict="differs",
                note=note,
            )
        )
    if not right:
        made.append(
            LayerRow(
                name="",
                expected="",
                expected_shape="",
                expected_parameters=None,
                found="softmax",
                found_shape="10",
                found_parameters=0,
                verdict="extra",
                note="The cross-entropy loss applies its own.",
            )
        )
    return tuple(made)


def figures(right: bool) -> Figures:
    steps = tuple(float(step) for step in range(0, 301, 2))
    loss = tuple(1.0 + 1.3 * math.exp(-x / 90) + 0.12 * math.sin(x * 1.7) for x in steps)
    rate = tuple(0.1 * 0.95 ** (x // 50) for x in steps)
    test_x = tuple(float(step) for step in range(50, 301, 50))
    test = tuple(1.15 + 1.2 * math.exp(-x / 100) for x in test_x)
    loss_axes = {"x_label": "optimizer step", "y_label": "loss"}
    curves = (
        Curve(title="Training loss", x=steps, y=loss, **loss_axes),
        Curve(title="Test loss", x=test_x, y=test, **loss_axes),
        Curve(title="Learning rate", x=steps, y=rate, x_label="optimizer step", y_label="learning rate"),
    )
    counts = tuple(
        tuple(
            118 - 6 * (i % 3) if i == j else (38 if {i, j} == {3, 5} else (7 * i + 5 * j) % 14)
            for j in range(10)
        )
        for i in range(10)
    )
    return Figures(layers=layers(right), curves=curves, confusion=Confusion(classes=CLASSES, counts=counts))
