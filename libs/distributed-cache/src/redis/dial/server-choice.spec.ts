import { describe, expect, it } from 'vitest';
import { tcpEndpoint } from '../endpoint.js';
import { SilentNodes } from './server-choice.js';

const owner = tcpEndpoint('10.0.0.1', 1);
const second = tcpEndpoint('10.0.0.2', 1);
const third = tcpEndpoint('10.0.0.3', 1);

describe('the node to subscribe at', () => {
  it('is the node that takes the commands', () => {
    expect(new SilentNodes().preferOther(owner, [second, third])).toBe(owner);
  });

  it('is another node after that one was silent, and a third node after the second was silent', () => {
    const nodes = new SilentNodes();
    nodes.note(owner);
    expect(nodes.preferOther(owner, [second, third])).toBe(second);
    nodes.note(second);
    expect(nodes.preferOther(owner, [second, third])).toBe(third);
  });

  it('is the node that takes the commands again when all nodes were silent, or no other is known', () => {
    const nodes = new SilentNodes();
    for (const node of [owner, second, third]) nodes.note(node);
    expect(nodes.preferOther(owner, [second, third])).toBe(owner);

    nodes.note(owner);
    expect(nodes.preferOther(owner, [])).toBe(owner);
  });

  it('is the node that takes the commands when the commands have moved to a node that was not silent', () => {
    const nodes = new SilentNodes();
    nodes.note(owner);
    expect(nodes.preferOther(second, [owner])).toBe(second);
  });
});
