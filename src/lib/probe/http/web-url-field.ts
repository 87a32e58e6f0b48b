export { webUrlField } from '../../core/web-url-field.ts'
