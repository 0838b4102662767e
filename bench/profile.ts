/** Measures the time of each operator of a model with ONNX Runtime's profiler. Opens its own session, because onnxplain's has no profiler. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Constant } from '@onnxplain/graph';
import * as ort from 'onnxruntime-node';
import { median } from './time.js';

/** Nodes of one operator, and the milliseconds that a run spends in them. Those of a Scan are without the nodes inside. */
export interface Share {
  readonly op: string;
  readonly nodes: number;
  readonly ms: number;
}

/** A model, and the threads that its operators run with. */
export interface Profiled {
  readonly model: Uint8Array;
  readonly threads: number;
}

interface Runs {
  readonly feeds: Readonly<Record<string, Constant>>;
  readonly runs: number;
}

/**
 * Returns the times of all operators after optimisation for each of several sessions, which run in turn. The time of a node is its median
 * over `runs`.
 */
export async function profile(
  sessions: readonly Profiled[],
  given: Runs,
): Promise<readonly (readonly Share[])[]> {
  const folder = mkdtempSync(join(tmpdir(), 'profile-'));
  const runs = given.runs + 1;
  try {
    await record(sessions, { ...given, runs, folder });
    return sessions.map((_, i) => sharesOf(eventsOf(folder, `${i}`), runs));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function eventsOf(folder: string, prefix: string): readonly Event[] {
  const file = readdirSync(folder).find((name) => name.startsWith(`${prefix}_`)) ?? prefix;
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

async function record(
  profiled: readonly Profiled[],
  { feeds, runs, folder }: Runs & { readonly folder: string },
) {
  const sessions = await Promise.all(profiled.map((each, i) => open(each, join(folder, `${i}`))));
  const fed = Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, dims, data }]) => [
      name,
      new ort.Tensor(dtype as ort.Tensor.Type, data as ort.Tensor.DataType, dims),
    ]),
  );
  for (let run = 0; run < runs; run++) for (const session of sessions) await session.run(fed);
  for (const session of sessions) {
    session.endProfiling();
    await session.release();
  }
}

/** Threads wait 30 µs for the next operator, so that small operators show whether they are divided. */
const open = ({ model, threads }: Profiled, profileFilePrefix: string): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(model, {
    intraOpNumThreads: threads,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    enableProfiling: true,
    profileFilePrefix,
    extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '30' } } },
  });

/** One entry of the profiler's file. Only entries of nodes name an operator. */
interface Event {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

const KERNEL = '_kernel_time';

interface NodeTimes {
  readonly op: string;
  /** Microseconds, one for each time that the node ran. */
  readonly all: readonly number[];
}

function nodesOf(events: readonly Event[]): readonly NodeTimes[] {
  const times = new Map<string, { readonly op: string; readonly all: number[] }>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith(KERNEL)) continue;
    const node = times.get(name) ?? { op: args?.op_name ?? '', all: [] };
    node.all.push(dur);
    times.set(name, node);
  }
  return [...times.values()];
}

/** Returns the time of each operator in one run. A node inside a Scan runs several times: its median is multiplied by the number of times. */
function sharesOf(events: readonly Event[], runs: number): readonly Share[] {
  const shares = new Map<string, Share>();
  const add = (op: string, nodes: number, ms: number) => {
    const before = shares.get(op) ?? { nodes: 0, ms: 0 };
    shares.set(op, { op, nodes: before.nodes + nodes, ms: before.ms + ms });
  };
  for (const { op, all } of nodesOf(events)) {
    const ms = (median(all) * all.length) / runs / 1000;
    add(op, 1, ms);
    if (all.length > runs) add('Scan', 0, -ms);
  }
  return [...shares.values()].sort((a, b) => b.ms - a.ms);
}
