import { describePrimitives } from '../../../test/suites/primitives.suite.ts';
import { loadPrimitives } from './primitives.ts';

describePrimitives('libsodium in WebAssembly', loadPrimitives);
