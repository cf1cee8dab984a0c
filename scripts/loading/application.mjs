import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributedCache, DistributedCacheModule } from 'nestjs-distributed-cache';

/**
 * Starts an application context that imports the module. Resolves when its cache is coherent, or in local mode.
 *
 * @param {import('nestjs-distributed-cache').DistributedCacheOptions} options
 * @param {(new (...args: never[]) => object)[]} [providers]
 */
export async function startApplication(options, providers = []) {
  class LoadingModule {}
  Module({ imports: [DistributedCacheModule.forRoot({ ttlJitter: 0, ...options })], providers })(LoadingModule);
  const app = await NestFactory.createApplicationContext(LoadingModule, { logger: ['error'] });
  return { app, cache: app.get(DistributedCache) };
}

/**
 * Decorates a method as TypeScript would, and its class as a provider.
 *
 * @template {object} T
 * @template {keyof T & string} Name
 * @param {new () => T} Service
 * @param {Name} method
 * @param {(target: T, name: string, descriptor: any) => void} decorator `any`: it is checked where the decorator is written
 * @throws {Error} when the class has no such method
 */
export function decorate(Service, method, decorator) {
  const descriptor = Object.getOwnPropertyDescriptor(Service.prototype, method);
  if (!descriptor) throw new Error(`${Service.name} has no method ${method}.`);
  decorator(Service.prototype, method, descriptor);
  Object.defineProperty(Service.prototype, method, descriptor);
  Injectable()(Service);
}
