import { Injectable, NotFoundException, type PipeTransform } from '@nestjs/common';

/** Turns the id of a path into a number. What can be no id is a product that does not exist: 404, as for any unknown one. */
@Injectable()
export class ProductIdPipe implements PipeTransform<unknown, number> {
  transform(value: unknown): number {
    const id = Number(value);
    if (Number.isSafeInteger(id) && id > 0) return id;
    throw new NotFoundException('There is no such product: an id is a whole number from 1.');
  }
}
