export { type Keys, type Problem, type ProblemDetails, Problems } from '../../core/file-problems.ts'
