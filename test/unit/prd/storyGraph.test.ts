import assert from 'node:assert/strict';
import fc from 'fast-check';
import { storyStatus, type StoryStatus } from '../../../src/events/catalogue.js';
import { blockedStories, findCycle, readyStories } from '../../../src/prd/storyGraph.js';

interface Node {
  readonly id: string;
  readonly priority: number;
  readonly dependsOn: readonly string[];
  readonly status: StoryStatus;
}

/** Any graph of up to twelve stories, cycles included, with any statuses. */
const graph: fc.Arbitrary<Node[]> = fc.integer({ min: 0, max: 12 }).chain((size) =>
  fc
    .array(
      fc.record({
        priority: fc.integer({ min: 1, max: 3 }),
        dependsOn: fc.uniqueArray(fc.nat({ max: Math.max(0, size - 1) }), { maxLength: 2 }),
        status: fc.constantFrom(...storyStatus.options),
      }),
      { minLength: size, maxLength: size },
    )
    .map((nodes) =>
      nodes.map((node, index) => ({ ...node, id: `S${index}`, dependsOn: node.dependsOn.map((on) => `S${on}`) })),
    ),
);

const statusIn = (nodes: readonly Node[]) => (id: string) => nodes.find((node) => node.id === id)?.status ?? 'open';

/** Everything a story depends on, directly or not; by definition, not by the code under test. */
function reachable(nodes: readonly Node[], from: Node, through: (node: Node) => boolean = () => true): Set<string> {
  const seen = new Set<string>();
  const visit = (node: Node): void => {
    for (const id of node.dependsOn) {
      const next = nodes.find((other) => other.id === id);
      if (!next || seen.has(id)) continue;
      seen.add(id);
      if (through(next)) visit(next);
    }
  };
  visit(from);
  return seen;
}

describe('readyStories', () => {
  it('gives exactly the open stories whose dependencies are all completed', () => {
    fc.assert(
      fc.property(graph, (nodes) => {
        const statusOf = statusIn(nodes);
        const expected = nodes.filter(
          ({ status, dependsOn }) => status === 'open' && dependsOn.every((id) => statusOf(id) === 'completed'),
        );
        const ready = readyStories(nodes, statusOf);
        assert.deepEqual(new Set(ready), new Set(expected));
      }),
    );
  });

  it('orders them by priority and, where that is equal, as the file does', () => {
    fc.assert(
      fc.property(graph, (nodes) => {
        const ready = readyStories(nodes, statusIn(nodes));
        for (const [index, node] of ready.entries()) {
          const next = ready[index + 1];
          if (!next) continue;
          assert.ok(
            node.priority < next.priority ||
              (node.priority === next.priority && nodes.indexOf(node) < nodes.indexOf(next)),
          );
        }
      }),
    );
  });

  it('brings every story of a graph without cycles to its turn, after all it depends on', () => {
    fc.assert(
      fc.property(graph, (nodes) => {
        fc.pre(findCycle(nodes) === undefined);
        const done: string[] = [];
        const statusOf = (id: string): StoryStatus => (done.includes(id) ? 'completed' : 'open');
        for (let next = readyStories(nodes, statusOf)[0]; next; next = readyStories(nodes, statusOf)[0]) {
          assert.ok(next.dependsOn.every((id) => done.includes(id)));
          done.push(next.id);
        }
        assert.equal(done.length, nodes.length);
      }),
    );
  });
});

describe('blockedStories', () => {
  const waits = ({ status }: Node): boolean => status === 'open' || status === 'blocked';
  const ended = ({ status }: Node): boolean => status === 'failed' || status === 'skipped';

  it('gives exactly the waiting stories that depend on a failed or skipped one through waiting ones', () => {
    fc.assert(
      fc.property(graph, (nodes) => {
        const blocked = blockedStories(nodes, statusIn(nodes));
        for (const node of nodes) {
          const culprits = [...reachable(nodes, node, waits)].filter((id) =>
            nodes.some((other) => other.id === id && ended(other)),
          );
          const culprit = blocked.get(node.id);
          assert.equal(culprit !== undefined, waits(node) && culprits.length > 0, node.id);
          if (culprit !== undefined) assert.ok(culprits.includes(culprit));
        }
      }),
    );
  });

  it('never has a story in common with the ready ones', () => {
    fc.assert(
      fc.property(graph, (nodes) => {
        const blocked = blockedStories(nodes, statusIn(nodes));
        assert.ok(readyStories(nodes, statusIn(nodes)).every(({ id }) => !blocked.has(id)));
      }),
    );
  });
});

describe('findCycle', () => {
  it('finds a cycle exactly when there is one, and the one it finds is one', () => {
    fc.assert(
      fc.property(graph, (nodes) => {
        const cycle = findCycle(nodes);
        assert.equal(
          cycle !== undefined,
          nodes.some((node) => reachable(nodes, node).has(node.id)),
        );
        if (!cycle) return;
        assert.ok(cycle.length >= 2 && cycle[0] === cycle.at(-1));
        assert.equal(new Set(cycle).size, cycle.length - 1);
        for (const [index, id] of cycle.slice(0, -1).entries()) {
          const node = nodes.find((other) => other.id === id);
          assert.ok(node?.dependsOn.includes(cycle[index + 1] ?? ''));
        }
      }),
    );
  });

  it('is not disturbed by dependencies that do not exist', () => {
    assert.equal(findCycle([{ id: 'A', priority: 1, dependsOn: ['X'] }]), undefined);
  });

  it('takes a chain of any length', () => {
    const chain = Array.from({ length: 50_000 }, (_, index) => ({
      id: `S${index}`,
      priority: 1,
      dependsOn: [`S${index + 1}`],
    }));
    assert.equal(findCycle(chain), undefined);
  });
});
