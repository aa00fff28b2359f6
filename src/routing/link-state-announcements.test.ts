// Whom a node asks for what was announced to it, and when.

import { expect, it } from 'vitest';
import {
  Announcements,
  AWAITED_MAX,
  GRAFT_MS_FIRST,
  GRAFT_MS_MAX,
  GRAFT_MS_MIN,
} from './link-state-announcements.ts';

it('asks the first announcer when his time is up, and the next one after as long again', () => {
  const announcements = new Announcements();
  announcements.heard(7, 1, 0);
  announcements.heard(7, 2, 10);
  expect(announcements.dueAtMs).toBe(GRAFT_MS_FIRST);
  expect(announcements.takeDue(GRAFT_MS_FIRST - 1)).toEqual([]);
  expect(announcements.takeDue(GRAFT_MS_FIRST)).toEqual([{ id: 7, port: 1 }]);
  expect(announcements.takeDue(2 * GRAFT_MS_FIRST - 1)).toEqual([]);
  expect(announcements.takeDue(2 * GRAFT_MS_FIRST)).toEqual([{ id: 7, port: 2 }]);
  expect(announcements.dueAtMs).toBeNull();
});

it('asks nobody for a record that came', () => {
  const announcements = new Announcements();
  announcements.heard(7, 1, 0);
  announcements.heard(8, 1, 0);
  announcements.came(7, 5);
  expect(announcements.takeDue(1_000)).toEqual([{ id: 8, port: 1 }]);
});

it('has a turn for who announces again what nobody brought', () => {
  const announcements = new Announcements();
  announcements.heard(7, 1, 0);
  announcements.takeDue(GRAFT_MS_FIRST);
  announcements.heard(7, 2, 500);
  expect(announcements.takeDue(500 + GRAFT_MS_FIRST)).toEqual([{ id: 7, port: 2 }]);
});

it('learns how long to wait from how far announcements run ahead', () => {
  const announcements = new Announcements();
  for (let i = 0; i < 50; i += 1) {
    announcements.heard(i, 1, 1_000 * i);
    announcements.came(i, 1_000 * i + 1);
  }
  expect(announcements.patienceMs).toBe(GRAFT_MS_MIN);
  for (let i = 0; i < 50; i += 1) {
    announcements.heard(i, 1, 100_000 * i);
    announcements.came(i, 100_000 * i + 90_000);
  }
  expect(announcements.patienceMs).toBe(GRAFT_MS_MAX);
});

it('keeps turns in order of time when patience shrinks between them', () => {
  const announcements = new Announcements();
  announcements.heard(1, 1, 0);
  announcements.came(1, 1_000);
  announcements.heard(2, 1, 1_000);
  const firstMs = announcements.dueAtMs ?? 0;
  for (let i = 10; i < 60; i += 1) {
    announcements.heard(i, 1, 1_001);
    announcements.came(i, 1_002);
  }
  announcements.heard(3, 1, 1_003);
  expect(announcements.patienceMs).toBeLessThan(100);
  expect(announcements.takeDue(firstMs - 1)).toEqual([]);
  expect(announcements.takeDue(firstMs)).toEqual([{ id: 2, port: 1 }]);
  expect(announcements.takeDue(2 * firstMs)).toEqual([{ id: 3, port: 1 }]);
});

it('forgets what only a link that went announced', () => {
  const announcements = new Announcements();
  announcements.heard(1, 1, 0);
  announcements.heard(2, 1, 0);
  announcements.heard(2, 5, 0);
  announcements.forget(1);
  expect(announcements.takeDue(10_000)).toEqual([{ id: 2, port: 5 }]);
});

it('takes no more than it has room for, and has room again when nothing came of it', () => {
  const announcements = new Announcements();
  for (let id = 0; id < AWAITED_MAX; id += 1) expect(announcements.heard(id, 1, 0)).toBe(true);
  expect(announcements.heard(AWAITED_MAX, 1, 0)).toBe(false);
  let announcers = 0;
  for (let port = 2; announcements.heard(port % AWAITED_MAX, port, 0); port += 1) announcers += 1;
  expect(announcers).toBe(3 * AWAITED_MAX);
  announcements.takeDue(10 * GRAFT_MS_FIRST);
  expect(announcements.heard(AWAITED_MAX, 1, 20 * GRAFT_MS_FIRST + GRAFT_MS_MAX)).toBe(true);
});

it('stays bounded while records come as fast as they are announced', () => {
  const announcements = new Announcements();
  announcements.heard(-1, 1, 0);
  let refused = 0;
  for (let id = 0; id < 20 * AWAITED_MAX; id += 1) {
    if (!announcements.heard(id, 1, id / 1_000)) refused += 1;
    announcements.came(id, id / 1_000);
  }
  expect(refused).toBeLessThan(20 * AWAITED_MAX);
  expect(announcements.takeDue(100_000).map(({ id }) => id)).toContain(-1);
});
