import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** Shows the API of the application at `/docs`, to read and to try. */
export function addApiPage(app: INestApplication): void {
  const description = new DocumentBuilder()
    .setTitle('A product catalogue')
    .setDescription('The sample application of nestjs-distributed-cache.')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, description));
}
