/** Defines a class that has `decorator` on its one method, `OrderService.save`. */
export function orderServiceWith(decorator: MethodDecorator): () => unknown {
  return () => {
    class OrderService {
      @decorator
      async save(): Promise<void> {}
    }
    return OrderService;
  };
}
