import type { CheckSpec } from '../core/check.ts'

/** What is judged of a machine of which nothing is said. */
export const thisMachine: readonly CheckSpec[] = [
  { type: 'load', params: {} },
  // Shown, not judged: in the moment of a look a healthy processor may well be busy, with opsctl itself.
  { type: 'cpu', params: { warn: '100%' } },
  { type: 'memory', params: {} },
  { type: 'swap', params: {} },
  { type: 'disk', params: {} },
  { type: 'inodes', params: {} },
  { type: 'pressure', params: {} },
  { type: 'processes', params: {} },
  { type: 'failed-services', params: {} },
  { type: 'clock', params: {} },
  { type: 'listening', params: {} },
  // A machine may well do without names.
  { type: 'resolves', params: { level: 'warn' } },
]
