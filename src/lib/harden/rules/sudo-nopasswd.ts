import { defineRule } from '../../core/component.ts'
import { judgedBy } from '../judge.ts'
import { sudoersLines, sudoersPatterns } from '../sudoers.ts'
import { unquoted } from '../sudoers-text.ts'

/**
 * Who automates by such a line would be locked out, so there is no fix. OpenSCAP's sudo_remove_nopasswd also reads files that sudo leaves
 * out, such as backups.
 */
export default defineRule({
  id: 'sudo-nopasswd',
  title: 'sudo asks everybody for a password',
  severity: 'medium',
  level: 'l2',
  area: 'sudo',
  why: 'whoever gets at the session of such a user is root',
  references: ['CIS: Ensure users must provide password for privilege escalation', 'SSG: sudo_remove_nopasswd'],
  look: { texts: sudoersPatterns },
  judge(facts) {
    const lines = sudoersLines(facts)
    if (!lines) return { result: 'na', evidence: 'sudo is not installed' }
    const bad = lines.filter(({ text }) => /\bNOPASSWD\s*:/.test(unquoted(text)))
    return judgedBy(
      bad.map(({ file, line, text }) => `${file}:${line} asks ${text.split(/\s/, 1)[0]} for no password`),
      'no line has NOPASSWD',
    )
  },
})
