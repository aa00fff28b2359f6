// Whether this node reaches a validator now, before anything is sent to it. In its own mesh links say so, at once; a link
// that does not answer counts as none, since what it is given may come out of it long after it was wanted. Of what lies
// beyond a gateway nobody here knows: there the last answer counts, if it came from there. A member of this mesh that was lost
// has to show first that it can be reached across.

import type { Mesh } from '../mesh/mesh.ts';

/** `answersAcross`: whether the last thing that was asked of it was answered, and across gateways. */
export function reachesValidator(
  mesh: Pick<Mesh, 'reach' | 'route'>,
  validator: Uint8Array,
  answersAcross: boolean,
): boolean {
  const reach = mesh.reach(validator);
  if (reach !== 'none') return reach === 'good';
  const route = mesh.route(validator);
  if (route === null || !answersAcross) return false;
  const [first] = route.hops;
  return first === undefined || mesh.reach(first.peer) === 'good';
}
