import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lane, type LaneRules, type Turn } from './lane.js';

function recordingLane() {
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const lane = new Lane<string>((item) => {
    log.push(item);
    return new Promise((resolve) => ends.set(item, resolve));
  });
  const end = async (item: string) => {
    ends.get(item)!();
    await new Promise(setImmediate);
  };
  return { lane, log, end };
}

describe('Lane', () => {
  it('runs one item at a time, in the order they came', async () => {
    const { lane, log, end } = recordingLane();
    ['a', 'b', 'c'].forEach((item) => lane.add(item));
    expect(log).toEqual(['a']);
    await end('a');
    expect(log).toEqual(['a', 'b']);
    expect(lane.running).toEqual(['b']);
    await end('b');
    await end('c');
    expect(log).toEqual(['a', 'b', 'c']);
    expect(lane.running).toEqual([]);
  });

  it('takes urgent items before those that wait, and keeps their order among themselves', async () => {
    const { lane, log, end } = recordingLane();
    lane.add('a');
    lane.add('b');
    lane.add('urgent 1', 'first');
    lane.add('urgent 2', 'first');
    for (const item of ['a', 'urgent 1', 'urgent 2', 'b']) await end(item);
    expect(log).toEqual(['a', 'urgent 1', 'urgent 2', 'b']);
  });

  it('takes what can wait after everything else, however late that came', async () => {
    const { lane, log, end } = recordingLane();
    lane.add('a');
    lane.add('patient 1', 'last');
    lane.add('patient 2', 'last');
    lane.add('b');
    lane.add('urgent', 'first');
    for (const item of ['a', 'urgent', 'b', 'patient 1']) await end(item);
    expect(log).toEqual(['a', 'urgent', 'b', 'patient 1', 'patient 2']);
  });

  it('removes what still waits, and says that what runs cannot be removed', async () => {
    const { lane, log, end } = recordingLane();
    lane.add('a');
    lane.add('b');
    expect(lane.remove('b')).toBe(true);
    expect(lane.remove('a')).toBe(false);
    await end('a');
    expect(log).toEqual(['a']);
  });
});

/** Named by what it reads; nothing for one that has to be alone. */
interface Work {
  name: string;
  reads: readonly string[];
  turn: Turn;
}

const isAlone = ({ reads }: Work): boolean => reads.length === 0;
const collide = (one: Work, other: Work): boolean => one.reads.some((source) => other.reads.includes(source));
const TURNS: readonly Turn[] = ['first', 'ordinary', 'last'];
const RULES: LaneRules<Work> = { most: 2, isAlone, collide };

function workingLane() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const lane = new Lane<Work>(({ name }) => {
    begun.push(name);
    return new Promise((resolve) => ends.set(name, resolve));
  }, RULES);
  const works = new Map<string, Work>();
  const add = (name: string, reads: string, turn: Turn = 'ordinary') => {
    const work = { name, reads: reads.split(' ').filter(Boolean), turn };
    works.set(name, work);
    lane.add(work, turn);
    return work;
  };
  const end = async (name: string) => {
    ends.get(name)!();
    await new Promise(setImmediate);
  };
  const running = () => lane.running.map(({ name }) => name);
  return { lane, begun, add, end, running, remove: (name: string) => lane.remove(works.get(name)!) };
}

describe('a lane in which some may run side by side', () => {
  it('runs two that have nothing in common, and holds up none for one that waits for its own', async () => {
    const { add, end, running } = workingLane();
    add('uploads 1', 'uploads');
    add('uploads 2', 'uploads');
    add('database', 'database');
    expect(running()).toEqual(['uploads 1', 'database']);
    add('letters', 'letters');
    expect(running()).toEqual(['uploads 1', 'database']);
    await end('database');
    expect(running()).toEqual(['uploads 1', 'letters']);
    await end('uploads 1');
    expect(running()).toEqual(['letters', 'uploads 2']);
  });

  it('lets nothing overtake one that waits for the same', async () => {
    const { add, end, running } = workingLane();
    add('database 1', 'database');
    add('both', 'database uploads');
    add('uploads', 'uploads');
    expect(running()).toEqual(['database 1']);
    await end('database 1');
    expect(running()).toEqual(['both']);
  });

  it('runs one that has to be alone when nothing runs, before all that come later', async () => {
    const { add, end, running } = workingLane();
    add('uploads', 'uploads');
    add('clean-up', '', 'last');
    add('database', 'database');
    add('restore', '', 'first');
    expect(running()).toEqual(['uploads']);
    await end('uploads');
    expect(running()).toEqual(['restore']);
    await end('restore');
    expect(running()).toEqual(['clean-up']);
    await end('clean-up');
    expect(running()).toEqual(['database']);
  });

  it('goes on with those that waited for one that is taken out', () => {
    const { add, running, remove } = workingLane();
    add('uploads', 'uploads');
    add('clean-up', '');
    add('database', 'database');
    expect(running()).toEqual(['uploads']);
    expect(remove('clean-up')).toBe(true);
    expect(running()).toEqual(['uploads', 'database']);
  });

  it('whatever comes and ends: never two of a source, nothing beside one that is alone, nothing out of turn, and nothing waits for ever', async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('add' as const),
          reads: fc.constantFrom('', 'database', 'uploads', 'letters', 'database uploads'),
          turn: fc.constantFrom<Turn>('first', 'ordinary', 'ordinary', 'last'),
        }),
      },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(1) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat(9) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const { lane, begun, add, end, remove } = workingLane();
        let waiting: Work[] = []; // in the order they came
        /** That have to be alone, and were next while others ran side by side. */
        const next = new Set<Work>();
        const placeOf = (work: Work) => TURNS.indexOf(next.has(work) && work.turn === 'last' ? 'ordinary' : work.turn);
        const inOrder = () => [...waiting].sort((one, other) => placeOf(one) - placeOf(other));
        const together = (one: Work, other: Work) => !isAlone(one) && !isAlone(other) && !collide(one, other);
        const check = () => {
          const { running } = lane;
          expect(running.length).toBeLessThanOrEqual(2);
          if (running.length === 2) expect(together(running[0]!, running[1]!)).toBe(true);
          const order = inOrder();
          for (const [place, work] of order.entries()) {
            if (!running.includes(work)) continue;
            const overtaken = order.slice(0, place).filter((other) => !running.includes(other));
            for (const other of overtaken) expect(together(other, work)).toBe(true);
            for (const other of next) if (other !== work) expect(work.turn).toBe('first');
            next.delete(work);
          }
          waiting = waiting.filter((work) => !running.includes(work));
          for (const [place, work] of inOrder().entries()) {
            const others = [...running, ...inOrder().slice(0, place)];
            expect(running.length === 2 || others.some((other) => !together(work, other))).toBe(true);
          }
          const [first] = inOrder();
          if (first && isAlone(first) && running.some((work) => !isAlone(work))) next.add(first);
        };
        for (const [number, each] of steps.entries()) {
          if (each.do === 'add') waiting.push(add(String(number), each.reads, each.turn));
          if (each.do === 'end' && lane.running[each.which]) await end(lane.running[each.which]!.name);
          if (each.do === 'remove' && waiting[each.which]) {
            const [taken] = waiting.splice(each.which, 1);
            next.delete(taken!);
            expect(remove(taken!.name)).toBe(true);
          }
          check();
        }
        while (lane.running.length > 0) {
          await end(lane.running[0]!.name);
          check();
        }
        expect(waiting).toEqual([]);
        expect(new Set(begun).size).toBe(begun.length);
      }),
      { numRuns: 150, seed: 20_260_130 },
    );
  });
});
