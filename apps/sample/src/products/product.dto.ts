import { Type } from 'class-transformer';
import { IsInt, IsNumber, IsString, Length, Max, Min, ValidateIf } from 'class-validator';

/** The body of `POST /products`. The initial values of required fields do not pass validation, so the fields have to be given. */
export class CreateProductDto {
  @IsString()
  @Length(1, 200)
  readonly name: string = '';

  @IsString()
  @Length(1, 60)
  readonly category: string = '';

  @IsString()
  @Length(0, 2_000)
  readonly description: string = '';

  @IsNumber()
  @Min(0)
  @Max(1_000_000)
  readonly price: number = Number.NaN;

  @IsInt()
  @Min(0)
  @Max(1_000_000)
  readonly stock: number = 0;
}

/** The body of `PUT /products/:id`: the fields to change. */
export class ChangeProductDto {
  // Not `IsOptional`: it would accept `null`.
  @ValidateIf(isGiven)
  @IsString()
  @Length(1, 200)
  readonly name?: string;

  @ValidateIf(isGiven)
  @IsString()
  @Length(1, 60)
  readonly category?: string;

  @ValidateIf(isGiven)
  @IsString()
  @Length(0, 2_000)
  readonly description?: string;

  @ValidateIf(isGiven)
  @IsNumber()
  @Min(0)
  @Max(1_000_000)
  readonly price?: number;

  @ValidateIf(isGiven)
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  readonly stock?: number;
}

/** The query of `GET /products`. */
export class ListProductsDto {
  /** Empty: all categories. */
  @IsString()
  @Length(0, 60)
  readonly category: string = '';

  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  readonly page: number = 1;
}

function isGiven(_: object, value: unknown): boolean {
  return value !== undefined;
}
