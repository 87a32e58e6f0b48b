export { FileNode as ChangeNode, isMapping, shown } from '../../core/file-node.ts'
