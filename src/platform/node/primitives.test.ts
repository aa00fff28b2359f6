import { describePrimitives } from '../../../test/suites/primitives.suite.ts';
import { primitives } from './primitives.ts';

describePrimitives('libsodium natively', async () => primitives);
