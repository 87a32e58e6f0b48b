import type { Lesson } from './lesson.ts'

/** What is judged of every machine. What does not hold of it is left out afterwards. */
export const machine: Lesson = {
  title: 'The machine itself',
  readings: [],
  learn: () => ({
    checks: [
      { type: 'memory', params: { warn: '90%', fail: '97%' }, why: 'what programs can still get' },
      {
        type: 'clock',

        params: { warn: '500ms', fail: '10s' },
        why: 'kept right, and not far from that of the machine that looks',
      },
      { type: 'resolves', params: {}, why: 'somebody answers; better, add the name: of something that matters to the host' },
      { type: 'failed-services', params: {}, why: 'no service is in a failed state' },
    ],
    leftOut: [],
  }),
}
