export { masked, maskedData } from '../core/masked.ts'
