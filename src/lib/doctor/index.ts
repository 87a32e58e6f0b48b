export { doctor } from './doctor.ts'
export { doctorOptions } from './options.ts'
