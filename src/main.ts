// Where every start begins. What needs no more than a text that is known is answered here; all else is in program.ts.
import { answers } from './answers.generated.ts'
import { writeAtOnce } from './lib/io/write-at-once.ts'

const [asked = '', ...more] = process.argv.slice(2)
const { FORCE_COLOR: forced, OPSCTL_COLOR: color, COLUMNS: columns } = process.env
const answer = more.length === 0 && !forced && !color && !columns ? answers.get(asked) : undefined
if (answer !== undefined && writeAtOnce(answer)) process.exit(0)
else void import('./program.ts')
