import { describeSentinels } from './describe-sentinel.js';

describeSentinels('over ioredis 6');
