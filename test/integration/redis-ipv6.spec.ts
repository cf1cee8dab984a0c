import { describeIpv6Names } from './describe-ipv6-names.js';

describeIpv6Names('over ioredis 6');
