import { expect, test } from 'vitest';
import { fail, ok, type Result } from '../core/errors.ts';
import { createInOrder } from './in-order.ts';

test('a task begins when the one before has ended, whatever became of it', async () => {
  const inOrder = createInOrder();
  const story: string[] = [];
  const task = (name: string, end: Promise<unknown>): (() => Promise<Result<string>>) => {
    return async () => {
      story.push(`${name} begins`);
      await end;
      story.push(`${name} ends`);
      return ok(name);
    };
  };
  const gate = Promise.withResolvers<void>();
  const first = inOrder.run(task('first', gate.promise));
  const second = inOrder.run(task('second', Promise.reject(new Error('broken'))));
  const third = inOrder.run(task('third', Promise.resolve()));
  await Promise.resolve();
  gate.resolve();
  expect(await first).toEqual(ok('first'));
  await expect(second).rejects.toThrow('broken');
  expect(await third).toEqual(ok('third'));
  expect(story).toEqual([
    'first begins',
    'first ends',
    'second begins',
    'third begins',
    'third ends',
  ]);
});

test('too many waiting are refused, and a place is free again afterwards', async () => {
  const inOrder = createInOrder();
  const gate = Promise.withResolvers<Result<number>>();
  const waiting = Array.from({ length: 64 }, () => inOrder.run(() => gate.promise));
  expect(await inOrder.run(() => gate.promise)).toEqual(fail('NODE_SERVICE_BUSY', { pending: 64 }));
  gate.resolve(ok(1));
  await Promise.all(waiting);
  expect(await inOrder.run(() => gate.promise)).toEqual(ok(1));
});
