import { describeSentinels } from '../support/describe-sentinel.js';

describeSentinels('over ioredis 6');
