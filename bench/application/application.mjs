import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as THIS_BUILD from 'nestjs-distributed-cache';

/** What a build of the library exports. @typedef {typeof THIS_BUILD} Library */

/**
 * The library of another build.
 *
 * @param {string | undefined} url of its main module; without one it is this build
 * @returns {Promise<Library>}
 */
export async function libraryOf(url) {
  return url === undefined ? THIS_BUILD : import(url);
}

/**
 * Starts an application context that imports the module, as an application of a user does. Resolves when its cache is coherent.
 *
 * @param {object} given
 * @param {string | undefined} given.redisConnectionString without one the cache runs in local mode
 * @param {(new (...args: never[]) => object)[]} [given.providers]
 * @param {import('nestjs-distributed-cache').DistributedCacheOptions} [given.options] more options of the module
 * @param {Library} [given.library] default: this build
 */
export async function startApplication({ redisConnectionString, providers = [], options = {}, library = THIS_BUILD }) {
  const { DistributedCache, DistributedCacheModule } = library;
  class BenchModule {}
  Module({
    imports: [DistributedCacheModule.forRoot({ redisConnectionString, namespace: 'bench', ...options })],
    providers,
  })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error'] });
  return { app, cache: app.get(DistributedCache) };
}

/**
 * Decorates a method as TypeScript would.
 *
 * @param {new () => object} Service
 * @param {string} method
 * @param {MethodDecorator} decorator
 * @throws {Error} when the class has no such method
 */
export function decorate(Service, method, decorator) {
  const descriptor = Object.getOwnPropertyDescriptor(Service.prototype, method);
  if (!descriptor) throw new Error(`${Service.name} has no method ${method}.`);
  decorator(Service.prototype, method, descriptor);
  Object.defineProperty(Service.prototype, method, descriptor);
  Injectable()(Service);
}
