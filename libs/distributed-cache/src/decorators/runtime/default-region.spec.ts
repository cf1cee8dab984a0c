import { describe, expect, it } from 'vitest';
import { defaultRegion } from './default-region.js';

class Repository {
  find(): void {}
  count(): void {}
}
class ProductRepository extends Repository {
  override find(): void {}
}
class SpecialRepository extends ProductRepository {}

describe('The default region', () => {
  it.each<[string, object, object, string]>([
    ['Repository.find', Repository.prototype, Repository.prototype, 'find'],
    ['ProductRepository.find', ProductRepository.prototype, ProductRepository.prototype, 'find'],
    ['ProductRepository.find(Repository)', ProductRepository.prototype, Repository.prototype, 'find'],
    ['ProductRepository.count', ProductRepository.prototype, Repository.prototype, 'count'],
    ['SpecialRepository.find', SpecialRepository.prototype, ProductRepository.prototype, 'find'],
    ['SpecialRepository.find(Repository)', SpecialRepository.prototype, Repository.prototype, 'find'],
  ])('is %s', (expected, prototype, target, name) => {
    expect(defaultRegion(prototype, target, name)).toBe(expected);
  });
});
