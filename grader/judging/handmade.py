"""Batch normalisation written as arithmetic, told for what it is: (x - mean) / deviation, one of each per channel.

Whatever order the arithmetic stands in, such a chain adds one number per channel and multiplies by another, and both
come either from x itself (statistics of the batch) or from what the network keeps (running statistics).
"""

from dataclasses import dataclass, field
from typing import Any

from grader.judging.operations import COPIES, base_name, elements
from grader.schema.graph import Graph, Node, references

ADDS = frozenset("add sub rsub".split())
SCALES = frozenset("mul div".split())
ROOTS = frozenset("sqrt rsqrt std pow std_mean".split())
TOGETHER = {"addcmul": "aten.mul.Tensor", "addcdiv": "aten.div.Tensor"}  # two steps of arithmetic in one call
PRODUCTS = frozenset("conv2d convolution linear addmm matmul mm".split())
MOST_NODES = 2_000  # of a graph that is searched; the search takes the square of it
MOST_STEPS = 12  # of arithmetic in one chain
KEPT = ("BUFFER", "CONSTANT")  # sources of what a network keeps beside its parameters


@dataclass
class Chain:
    """Arithmetic on `base` with one number per channel at each step."""

    base: str
    added: list[str] = field(default_factory=list)
    scaled: list[str] = field(default_factory=list)

    @property
    def factors(self) -> list[str]:
        return self.added + self.scaled


class Folding:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes = {node.name: node for node in graph.nodes}
        self._behind: dict[str, frozenset[str]] = {}
        for node in graph.nodes:  # in the order of execution, so that arguments come first
            names = references(node.args) + references(list(node.kwargs.values()))
            self._behind[node.name] = frozenset(names).union(*(self._behind.get(n, ()) for n in names))

    def folded(self) -> Graph:
        """The same graph with each such chain as one call of batch_norm."""
        replaced: dict[str, Node] = {}
        inside = set[str]()
        for node in reversed(self.graph.nodes):
            if node.name in inside or base_name(node.op) not in ADDS | SCALES:
                continue
            chain, steps = self._chain(node)
            norm = self._as_norm(node, chain)
            if norm is not None:
                replaced[node.name] = norm
                inside |= steps
        if not replaced:
            return self.graph
        nodes = tuple(replaced.get(node.name, node) for node in self.graph.nodes)
        return self.graph.model_copy(update={"nodes": nodes})

    def _chain(self, node: Node) -> tuple[Chain, set[str]]:
        chain, steps = Chain(node.name), set[str]()
        for _ in range(MOST_STEPS):
            here = self.nodes[chain.base]
            names = references(here.args)
            name = base_name(here.op)
            whole = [n for n in names if n in self.nodes and self.nodes[n].shape == here.shape]
            if name in COPIES and len(whole) == 1 and len(names) == 1:
                chain.base = whole[0]
                steps.add(here.name)
                continue
            if name not in ADDS | SCALES or len(whole) != 1 or len(names) > 2:
                break
            factors = [n for n in names if n != whole[0]]
            if not all(self._per_channel(n, here.shape) for n in factors):
                break
            if name == "div" and names[0] != whole[0]:
                break  # a number per channel divided by x
            (chain.added if name in ADDS else chain.scaled).extend(factors)
            chain.base = whole[0]
            steps.add(here.name)
        return chain, steps

    def _per_channel(self, name: str, shape: tuple[int, ...] | None) -> bool:
        own = self.nodes[name].shape if name in self.nodes else None
        if own is None or shape is None or len(own) > len(shape) or len(shape) not in (2, 4):
            return False
        padded = (1,) * (len(shape) - len(own)) + tuple(own)
        return padded == (1, shape[1], *(1,) * (len(shape) - 2)) or elements(own) == 1

    def _as_norm(self, node: Node, chain: Chain) -> Node | None:
        behind = self._behind[chain.base] | {chain.base}
        if not any(base_name(self.nodes[n].op) in PRODUCTS for n in behind if n in self.nodes):
            return None  # arithmetic on the images themselves
        base = chain.base
        centred = [n for n in chain.added if self._by_batch(n, base)]
        divided = [n for n in chain.scaled if self._by_batch(n, base) and self._root(n, base)]
        batch = bool(centred and divided)
        if not batch:
            centred = [n for n in chain.added if self._kept(n, base)]
            divided = [n for n in chain.scaled if self._kept(n, base)]
            if not (centred and divided):
                return None
        learned = [n for factor in chain.factors for n in self._inputs(factor, base, ("PARAMETER",))]
        weights: list[Any] = [{"n": name} for name in dict.fromkeys(learned)][:2]
        kept = next((n for f in chain.factors for n in self._inputs(f, base, KEPT)), None)
        weights += [None] * (2 - len(weights))
        running = {"n": kept} if kept is not None else None
        arguments = ({"n": base}, *weights, running, running, batch)
        return node.model_copy(update={"op": "aten.batch_norm.default", "args": arguments, "kwargs": {}})

    def _between(self, name: str, base: str) -> frozenset[str]:
        """What makes a value, without what makes the base."""
        return (self._behind[name] | {name}) - self._behind[base] - {base}

    def _by_batch(self, name: str, base: str) -> bool:
        """One number for each channel, out of the base: a reduction over batch and places, for its shape says so."""
        return base in self._behind[name] and elements(self.nodes[name].shape) > 1

    def _root(self, name: str, base: str) -> bool:
        return any(base_name(self.nodes[n].op) in ROOTS for n in self._between(name, base))

    def _inputs(self, name: str, base: str, kinds: tuple[str, ...]) -> list[str]:
        nodes = [self.nodes[n] for n in sorted(self._between(name, base)) if n in self.nodes]
        return [
            n.name
            for n in nodes
            if n.op == "input" and n.source and str(n.source[0]).startswith(kinds) and elements(n.shape) > 1
        ]

    def _kept(self, name: str, base: str) -> bool:
        """Comes from what the network keeps, and not from any image."""
        images = any(
            self.nodes[n].source == ("USER_INPUT", None) for n in self._behind[name] if n in self.nodes
        )
        return not images and bool(self._inputs(name, base, KEPT))


def fold_norms(graph: Graph) -> Graph:
    """A graph in which batch normalisation written by hand is a call of batch_norm. `graph`: without calls in place."""
    if len(graph.nodes) > MOST_NODES:
        return graph
    given = in_two_steps(graph)
    folded = Folding(given).folded()
    return graph if folded is given else folded


def in_two_steps(graph: Graph) -> Graph:
    """addcmul(c, a, b) as c + a * b, and addcdiv(c, a, b) as c + a / b."""
    shapes = {node.name: node.shape for node in graph.nodes}
    nodes: list[Node] = []
    for node in graph.nodes:
        kind = TOGETHER.get(base_name(node.op))
        names = references(node.args)
        if (
            kind is None
            or node.kwargs
            or len(names) != 3
            or node.shape not in (shapes.get(names[1]), shapes.get(names[2]))
        ):
            nodes.append(node)
            continue
        first, second, third = ({"n": name} for name in names)
        product = Node(name=f"{node.name[:280]}.step", op=kind, shape=node.shape, args=(second, third))
        args = (first, {"n": product.name})
        nodes += [product, node.model_copy(update={"op": "aten.add.Tensor", "args": args})]
    return graph.model_copy(update={"nodes": tuple(nodes)})
