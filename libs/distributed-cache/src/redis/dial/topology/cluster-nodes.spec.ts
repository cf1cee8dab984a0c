import { describe, expect, it } from 'vitest';
import { tcpEndpoint } from '../../endpoint.js';
import { nodesIn } from './cluster-nodes.js';

const source = tcpEndpoint('10.0.0.1', 7_001);

describe('the nodes that a node of a cluster names', () => {
  it('are each named once, the primaries first', () => {
    const [primary, other, replica] = [
      ['10.0.0.1', 7_001, 'id-1'],
      ['10.0.0.2', 7_002, 'id-2'],
      ['10.0.0.3', 7_003, 'id-3'],
    ];
    const answer = [
      [0, 100, primary, replica],
      [101, 200, other],
      [201, 300, primary, replica],
    ];
    expect(nodesIn(answer, source)).toEqual([source, tcpEndpoint('10.0.0.2', 7_002), tcpEndpoint('10.0.0.3', 7_003)]);
  });

  it('are on the host of the node that answers when they are named without a host, and are left out with an unknown one', () => {
    const answer = [[0, 100, [null, 7_002, 'id'], ['', 7_003, 'id'], ['?', 7_004, 'id']]];
    expect(nodesIn(answer, source)).toEqual([tcpEndpoint('10.0.0.1', 7_002), tcpEndpoint('10.0.0.1', 7_003)]);
  });

  it('are reached through the natMap', () => {
    const answer = [[0, 100, ['10.0.0.2', 7_002, 'id']]];
    const natMap = { '10.0.0.2:7002': { host: 'outside.example', port: 1 } };
    expect(nodesIn(answer, source, natMap)).toEqual([tcpEndpoint('outside.example', 1)]);
  });

  it('keep the name of the certificate that the node that answers has', () => {
    const managed = { host: '10.0.0.1', port: 7_001, tlsName: 'cache.example' };
    expect(nodesIn([[0, 100, ['10.0.0.2', 7_002, 'id']]], managed)).toEqual([
      { host: '10.0.0.2', port: 7_002, tlsName: 'cache.example' },
    ]);
  });

  it.each([[null], ['OK'], [[]], [[null, 1]], [[[0, 100]]], [[[0, 100, 'node']]]])('are none in %j', (answer) => {
    expect(nodesIn(answer, source)).toEqual([]);
  });
});
