import { describeCluster } from '../support/describe-cluster.js';

describeCluster('over ioredis 6');
