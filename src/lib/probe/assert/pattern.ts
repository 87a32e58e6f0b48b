export { type Pattern, parsePattern } from '../../core/pattern.ts'
