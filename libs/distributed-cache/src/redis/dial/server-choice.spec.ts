import { describe, expect, it } from 'vitest';
import { tcpEndpoint } from '../endpoint.js';
import { SilentNodes } from './server-choice.js';

const owner = tcpEndpoint('10.0.0.1', 1);
const second = tcpEndpoint('10.0.0.2', 1);
const third = tcpEndpoint('10.0.0.3', 1);

describe('the node that is listened to', () => {
  it('is the one that takes the commands', () => {
    expect(new SilentNodes().preferOther(owner, [second, third])).toBe(owner);
  });

  it('is another one after that was silent, and a third after that', () => {
    const nodes = new SilentNodes();
    nodes.note(owner);
    expect(nodes.preferOther(owner, [second, third])).toBe(second);
    nodes.note(second);
    expect(nodes.preferOther(owner, [second, third])).toBe(third);
  });

  it('is the one that takes the commands again when all were silent, or no other is known', () => {
    const nodes = new SilentNodes();
    for (const node of [owner, second, third]) nodes.note(node);
    expect(nodes.preferOther(owner, [second, third])).toBe(owner);

    nodes.note(owner);
    expect(nodes.preferOther(owner, [])).toBe(owner);
  });

  it('is the one that takes the commands when those have moved to a node that was not silent', () => {
    const nodes = new SilentNodes();
    nodes.note(owner);
    expect(nodes.preferOther(second, [owner])).toBe(second);
  });
});
