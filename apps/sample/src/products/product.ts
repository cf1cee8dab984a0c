/** A product of the catalogue. */
export interface Product {
  readonly id: number;
  readonly name: string;
  /** A short name, such as `books`. */
  readonly category: string;
  readonly description: string;
  readonly price: number;
  readonly stock: number;
}

/** A product that has no id yet. */
export type NewProduct = Omit<Product, 'id'>;

/** The fields of a product to change. Fields that are not given stay as they are. */
export type ProductChange = { readonly [Field in keyof NewProduct]?: NewProduct[Field] | undefined };

/** One page of a listing. */
export interface ProductPage {
  /** `null`: the listing contains all categories. */
  readonly category: string | null;
  readonly page: number;
  readonly pages: number;
  readonly total: number;
  readonly items: readonly Product[];
}

/** A category and its number of products. */
export interface Category {
  readonly name: string;
  readonly products: number;
}
