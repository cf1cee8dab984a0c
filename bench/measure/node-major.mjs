/** The major version of the Node that runs. */
export const NODE_MAJOR = Number(process.versions.node.split('.')[0]);
