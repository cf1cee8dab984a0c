/**
 * The tag of everything that shows more than one product.
 *
 * One for all lists, not one for each category: a product that moves between categories changes both, a new or deleted one shifts
 * every page behind it, and the listing of all categories shows each of them.
 */
export const PRODUCT_LISTS = 'product-lists';
