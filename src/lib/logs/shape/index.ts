export { recordsOfProtobuf } from './protobuf/decode.ts'
export { protobufOf } from './protobuf/encode.ts'
export { readShape, shapeKeys } from './read-shape.ts'
export { parseFilter, readFilter } from './record-filter.ts'
