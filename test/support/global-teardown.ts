import { removeStack } from './global-setup';

export default async function tearDownTests(): Promise<void> {
  const stack = globalThis.sluiceTestStack;
  if (stack !== undefined) await removeStack(stack.stateDir);
}
