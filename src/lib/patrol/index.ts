export { serveOptions } from './options.ts'
export { serve } from './serve.ts'
