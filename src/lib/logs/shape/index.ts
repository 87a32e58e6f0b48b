export { readShape, shapeKeys } from './read-shape.ts'
export { readFilter } from './record-filter.ts'
