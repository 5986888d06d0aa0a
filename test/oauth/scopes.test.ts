import { describe, expect, it } from '@jest/globals';
import { Scopes } from '#src/oauth/scopes.js';

describe('Scopes', () => {
  it('has these scopes', () => {
    // A copy of the source: a guard against change. It was not compared with the original's Scopes.cs.
    expect(Scopes).toEqual({
      UgcImageUpload: 'ugc-image-upload',
      UserReadPlaybackState: 'user-read-playback-state',
      UserModifyPlaybackState: 'user-modify-playback-state',
      UserReadCurrentlyPlaying: 'user-read-currently-playing',
      Streaming: 'streaming',
      AppRemoteControl: 'app-remote-control',
      UserReadEmail: 'user-read-email',
      UserReadPrivate: 'user-read-private',
      PlaylistReadCollaborative: 'playlist-read-collaborative',
      PlaylistModifyPublic: 'playlist-modify-public',
      PlaylistReadPrivate: 'playlist-read-private',
      PlaylistModifyPrivate: 'playlist-modify-private',
      UserLibraryModify: 'user-library-modify',
      UserLibraryRead: 'user-library-read',
      UserTopRead: 'user-top-read',
      UserReadPlaybackPosition: 'user-read-playback-position',
      UserReadRecentlyPlayed: 'user-read-recently-played',
      UserFollowRead: 'user-follow-read',
      UserFollowModify: 'user-follow-modify',
    });
  });

  it('names each scope by its words', () => {
    for (const [name, scope] of Object.entries(Scopes)) {
      expect(name.replace(/\B[A-Z]/g, '-$&').toLowerCase()).toBe(scope);
    }
  });
});
