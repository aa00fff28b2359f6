// Expected rewards of an absorbing Markov chain, exactly (Kemeny and Snell, Finite Markov Chains, chapter III).
// States are solved one strongly connected component after another, successors first (Tarjan 1972), so that Gaussian
// elimination sees only the few states that can reach each other.

import { assert } from '../core/assert.ts';
import { add, divide, fraction, multiply, subtract, ZERO } from './fraction.ts';
import type { Fraction } from './fraction.ts';

export interface ChainState {
  /** Successor state → in how many of the `ways` the chain goes there. The ways left over end it. */
  readonly next: ReadonlyMap<number, bigint>;
  /** For each reward: the sum over the ways that end the chain. */
  readonly gains: readonly Fraction[];
}

/**
 * For each state and each reward, the expected reward from there to the end: x(s) · ways = gains(s) + Σ next(s, t) · x(t).
 * The end must be reachable from every state.
 */
export function solveChain(
  states: readonly ChainState[],
  ways: bigint,
): readonly (readonly Fraction[])[] {
  const solved: (readonly Fraction[])[] = [];
  for (const component of componentsSuccessorsFirst(states)) {
    const rows = component.map((s) => equation(s, component, states, ways, solved));
    eliminate(rows);
    component.forEach((s, i) => {
      solved[s] = rows[i]?.slice(component.length) ?? [];
    });
  }
  return solved;
}

/** Coefficients of the component's states, then the known sides. */
function equation(
  s: number,
  component: readonly number[],
  states: readonly ChainState[],
  ways: bigint,
  solved: readonly (readonly Fraction[])[],
): Fraction[] {
  const state = states[s];
  assert(state !== undefined, 'a component holds states of the chain');
  const coefficients = component.map((t) =>
    fraction((t === s ? ways : 0n) - (state.next.get(t) ?? 0n)),
  );
  const known = [...state.gains];
  for (const [t, weight] of state.next) {
    // The component's own states are not solved yet: they stand among the coefficients.
    solved[t]?.forEach((value, reward) => {
      known[reward] = add(known[reward] ?? ZERO, multiply(fraction(weight), value));
    });
  }
  return [...coefficients, ...known];
}

/** Gauss–Jordan in place. No pivoting: the matrix of an absorbing chain is diagonally dominant, its pivots stay positive. */
function eliminate(rows: Fraction[][]): void {
  for (const [i, row] of rows.entries()) {
    const pivot = row[i];
    assert(pivot !== undefined && pivot.num !== 0n, 'the end of the chain is reachable');
    for (const [column, value] of row.entries()) row[column] = divide(value, pivot);
    for (const other of rows) {
      const factor = other[i];
      if (other === row || factor === undefined || factor.num === 0n) continue;
      for (const [column, value] of row.entries()) {
        other[column] = subtract(other[column] ?? ZERO, multiply(factor, value));
      }
    }
  }
}

function componentsSuccessorsFirst(states: readonly ChainState[]): readonly (readonly number[])[] {
  const components: number[][] = [];
  const order: number[] = [];
  const low: number[] = [];
  const stack: number[] = [];
  const onStack = new Set<number>();
  let visited = 0;

  const visit = (s: number): void => {
    order[s] = visited;
    low[s] = visited;
    visited += 1;
    stack.push(s);
    onStack.add(s);
    for (const t of states[s]?.next.keys() ?? []) {
      if (order[t] === undefined) visit(t);
      if (onStack.has(t)) low[s] = Math.min(low[s] ?? 0, low[t] ?? 0);
    }
    if (low[s] !== order[s]) return;
    const component = stack.splice(stack.indexOf(s));
    for (const t of component) onStack.delete(t);
    components.push(component);
  };

  for (const s of states.keys()) if (order[s] === undefined) visit(s);
  return components;
}
