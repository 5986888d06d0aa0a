export class ProviderSource {}
