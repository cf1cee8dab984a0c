import { Injectable, NotFoundException, type PipeTransform } from '@nestjs/common';

/** Converts the id in a path to a number. An id that cannot exist is answered with 404, like that of an unknown product. */
@Injectable()
export class ProductIdPipe implements PipeTransform<unknown, number> {
  transform(value: unknown): number {
    const id = Number(value);
    if (Number.isSafeInteger(id) && id > 0) return id;
    throw new NotFoundException('There is no such product: an id is a whole number from 1.');
  }
}
