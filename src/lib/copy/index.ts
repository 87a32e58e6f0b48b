export { type Copying, copy } from './copy.ts'
export { type CopyOptions, copyOptions } from './options.ts'
export { type CopyRequest, copyRequest } from './request.ts'
