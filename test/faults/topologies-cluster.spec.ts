import { describeCluster } from './describe-cluster.js';

describeCluster('over ioredis 6');
