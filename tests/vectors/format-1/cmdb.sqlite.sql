BEGIN;
CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE keys (
    key_no INTEGER NOT NULL PRIMARY KEY,
    kid TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    state TEXT NOT NULL,
    state_since BIGINT NOT NULL,
    seals BIGINT NOT NULL CHECK (seals BETWEEN 0 AND 4294967296),
    resealed BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    hierarchy_rows BIGINT NOT NULL,
    hierarchy_number_sum TEXT NOT NULL,
    pcanywhere_rows BIGINT NOT NULL,
    pcanywhere_number_sum TEXT NOT NULL,
    run_as_rows BIGINT NOT NULL,
    run_as_number_sum TEXT NOT NULL,
    row_sum BLOB NOT NULL
);
CREATE TABLE credentials (
    id TEXT NOT NULL PRIMARY KEY,
    key_no INTEGER NOT NULL REFERENCES keys (key_no),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    target TEXT NOT NULL,
    account TEXT NOT NULL,
    note TEXT NOT NULL,
    number BIGINT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (kind, name)
) WITHOUT ROWID;
CREATE INDEX credentials_by_use ON credentials (key_no, kind, number, updated);
CREATE TABLE listing (
    id TEXT NOT NULL PRIMARY KEY REFERENCES credentials (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    by_kind TEXT NOT NULL,
    by_name TEXT NOT NULL,
    by_target TEXT NOT NULL,
    by_account TEXT NOT NULL,
    by_updated TEXT NOT NULL,
    haystack TEXT NOT NULL
);
CREATE INDEX listing_by_kind ON listing (by_kind, id, kind);
CREATE INDEX listing_by_name ON listing (by_name, id, kind);
CREATE INDEX listing_by_target ON listing (by_target, id, kind);
CREATE INDEX listing_by_account ON listing (by_account, id, kind);
CREATE INDEX listing_by_updated ON listing (by_updated, id, kind);
CREATE TABLE register (
    number INTEGER NOT NULL PRIMARY KEY,
    kms_sha256 TEXT NOT NULL,
    address TEXT NOT NULL,
    body TEXT NOT NULL,
    signature BLOB
);
CREATE TABLE recovery (
    number INTEGER NOT NULL PRIMARY KEY CHECK (number = 1),
    body TEXT NOT NULL,
    signature BLOB NOT NULL
);
CREATE TABLE drills (number INTEGER NOT NULL PRIMARY KEY, body TEXT NOT NULL, signature BLOB);
CREATE TABLE rotations (
    number INTEGER NOT NULL PRIMARY KEY,
    kid TEXT NOT NULL,
    stage TEXT NOT NULL,
    begun BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    gate_skipped BIGINT NOT NULL
);
CREATE TABLE checkpoint (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    body TEXT NOT NULL,
    signature BLOB NOT NULL
);
CREATE TABLE statements (
    number BIGINT NOT NULL PRIMARY KEY,
    label TEXT NOT NULL,
    body TEXT NOT NULL,
    signature BLOB NOT NULL
);
CREATE TABLE notes (number BIGINT NOT NULL PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE audit (no INTEGER NOT NULL PRIMARY KEY, line TEXT NOT NULL, digest BLOB NOT NULL);
INSERT INTO meta VALUES ('cmdb_id', 'c0c1c2c3c4c5c6c7c8c9cacbcccdcecf');
INSERT INTO meta VALUES ('number', '12');
INSERT INTO meta VALUES ('schema', '1');
INSERT INTO keys VALUES (1, '5aa8cf3d1bc03fca186c0a82c0c12b8734e0f90b9acfebcbc7f71e7f4ef284eb', 1735891860, 'deactivated', 1795356120, 2, 0, 0, 1, '7', 0, '0', 1, '9', X'3c169e89ff62cf44c2a38bf9d9e15b3a2235a7ebce9470536ada06020336526884e5bd2f3d25f905fdaa29d940707281e004f0db75062daeeb83ccd762ae628a15e1c961f4730813de57884d693ef41b904dc622d30129278aaa7303ebc172b2aef039fbfcdd8ef7bf037c1bb6d6cb8bea45955a0e4420682fca4a0bb65f2f8df6bb4133964624a53e0f65b1d9cbb8a363b83f879b6f863507173cf39c746d432eda477aef2c952dc4236efb2de9f977b6ba97e08c3c2fa73476f92d673415ded07029492e0d2d66288673e6f8d40df89cedee066b13090a41aab4b499c77d7683fcb41eafa772699b9f8464fce93680fe254370c89c5e4b0d5115661602703d');
INSERT INTO keys VALUES (2, '88854b7b826aacf01fababd84b704675b40bc29ec601cba16d316fa09754ce29', 1795356120, 'active', 1795356120, 2, 0, 0, 0, '0', 1, '8', 1, '10', X'5672e34123ad372dcf6bab70ecf40975d15dffa0ca034ce30643316e9689bc90ecc8cc906315ab37f4f73771713f689849b08f94d1d1e4c1656d13cbe092267b7d0d641224413747267a5013296e21606a0cd61b7ea4a29372dce89f1d5642ebe56e26fa7d9599b9214bc28f92f705c514bcf2da500a3cdd0b6d46d440134c1628e01a6b60761e4634d3198ab8a44f812d4e1f507c0e78012c3fb554495cd5f3698271161963cdb32657cb035a221390c29383f322e64a896939311051a39a9bb8eb220aba5c97b5014ba7713e01ccc27933ffc8f4f300f17cd13c7734b4f6602e54845d7381f5f34f55833ba2fbe48f35544cef7dab191352409fbe0759f3b5');
INSERT INTO credentials VALUES ('266b1a7a758e7f3658d8b26cfb022640', 1, 'hierarchy', 'emea-ns02', 'https://ns02.emea.example', 'CORP\svc-repl', '', 7, 1795402800, 1795402800, X'018e5c8a190a9d80da8b3e837aa381607e3b0c3ebf35978a73d3abf90fa8c183fa487facb853db374be074dba5e9c03c93266f8c69c0547b589f5b23997978e95228a4547190340fc36efee982540e90e7a19f26a27d9ef6d42031088f');
INSERT INTO credentials VALUES ('43e86bcc36aa46a570257e7eb448c38f', 2, 'run-as', '長い名前', 'nightly', 'root', 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 10, 1795402800, 1795402800, X'018b7ba586f0f581cd7973b0077d0d47e3df136ad9d3248c1d07da158c429288a307bbd169c65304904579c599061ded67bfeffd94ac691f2061378fcf7943a364555cd92e948376c6384abd1b549bda1a1d910c4017057ea616a5383afb25ef13c3cd9ba06efc4bed5bc044d642dd0c765f0269c84ecc1806cf2d1905780de45237f348685b31ee6d6ff17fac4a6acd229cacd9109ea2a63e262b054e60e695b14d9158dfedb3bb4d65fc5f64ac7eede55cbb4635d022d6e1d670e959cd3023abdc2f568cfb60f887018fd120d9374891cd0e5a91f31e97444f09c2ce03ebbe964bac126886eab13e0b3bf34432bf2f98b75b89279f89f08172735f955bf48272549e0851f663eec202f711c363920196e5a93ee85c4a563680247346');
INSERT INTO credentials VALUES ('67f78b779d00e73fd4d353534fbc0801', 1, 'run-as', 'deploy-finance', 'finance-*', 'CORP\svc-deploy', '', 9, 1795402800, 1795402800, X'016bef8d544dcbbbb5d6067f7c65eb1fd9d7b2f54eb963f76e4b7c647bb55c7d3b5f8410df473285a4ef72e689df220b9a2dbfb5f64ec01c0a782b60ef29b02eae9d0df23161d4bf7307ae182a35f15c2c2656d1abb740f938d4dab264');
INSERT INTO credentials VALUES ('817d172a02a1be2100ab88c9b80234a1', 2, 'pcanywhere', 'Kasse Süd', 'kasse-7.example:5631', 'hélène', 'erreichbar ab 8', 8, 1795402800, 1795402800, X'0106fb1a1112c36338d82874c3f10d83ab55556e52f76a70be65fa20bbe2c1360c9eccdaa5f788aec750146d426120acce6e6062919affca79953b2e2765f3f748dba2fcc2f52f41b847171739bd1bca9259381a509a837d21c4e75c14');
INSERT INTO listing VALUES ('266b1a7a758e7f3658d8b26cfb022640', 'hierarchy', 'hierarchy/emea-ns12', 'emea-ns12', 'https://ns12.emea.exampleemea-ns12', 'corp\svc-replemea-ns12', '2026-11-23T03:00:00Zemea-ns12', 'emea-ns02
https://ns02.emea.example
corp\svc-repl


');
INSERT INTO listing VALUES ('43e86bcc36aa46a570257e7eb448c38f', 'run-as', 'run-as/長い名前', '長い名前', 'nightly長い名前', 'root長い名前', '2026-11-23T03:00:00Z長い名前', '長い名前
nightly
root
nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn

');
INSERT INTO listing VALUES ('67f78b779d00e73fd4d353534fbc0801', 'run-as', 'run-as/deploy-finance', 'deploy-finance', 'finance-*deploy-finance', 'corp\svc-deploydeploy-finance', '2026-11-23T03:00:00Zdeploy-finance', 'deploy-finance
finance-*
corp\svc-deploy


');
INSERT INTO listing VALUES ('817d172a02a1be2100ab88c9b80234a1', 'pcanywhere', 'pcanywhere/kasse süd', 'kasse süd', 'kasse-17.example:45631kasse süd', 'hélènekasse süd', '2026-11-23T03:00:00Zkasse süd', 'kasse süd
kasse-7.example:5631
hélène
erreichbar ab 8

');
INSERT INTO register VALUES (1, 'f8ec7e8abcff1dc6e88fa855f0852ebe76378521eee2649c16cbe7dc246472a4', '/mnt/vault/ns01.example.net-c0c1c2c3-20261123T030000Z.zip', '{"address":"/mnt/vault/ns01.example.net-c0c1c2c3-20261123T030000Z.zip","backup":{"archive_name":"ns01.example.net-c0c1c2c3-20261123T030000Z.zip","archive_sha256":"c3b2d8f3f021da1c2c656df52a706dd7ff3df67d85a7d2692a085f2b0a1bc50d","cmdb_id":"c0c1c2c3c4c5c6c7c8c9cacbcccdcecf","copy_kids":[],"created":"2026-11-23T03:00:00Z","earlier":[],"generation":41,"hint":"the door and where it is","kids":["5aa8cf3d1bc03fca186c0a82c0c12b8734e0f90b9acfebcbc7f71e7f4ef284eb","88854b7b826aacf01fababd84b704675b40bc29ec601cba16d316fa09754ce29"],"kms_sha256":"f8ec7e8abcff1dc6e88fa855f0852ebe76378521eee2649c16cbe7dc246472a4","previous":"1140a7fdb401c432e74f8b1eedde72b073c8238afc1fc5fbb88dfbc66e3c9df3","protection":"password","recipients":[],"server":"ns01.example.net","server_key":"59e5478c841338b2aef8fef8a02f962fe30d9ffb0b3390afaf3b8c8c3142dfeb","size":36199},"destination":"/mnt/vault","drilled_rows":0,"good_moment":"2026-11-23T03:00:00Z","look_moment":"2026-11-23T03:00:00Z","proofs":[{"moment":"2026-11-23T03:00:00Z","proof":"opened"}],"retired":null,"sight":"good","where":{"detail":"vault02:/backups","location":"elsewhere","reason":"network_mount"}}', X'710c5cbbeff23c55b28be7e7ecb5ae27a80115e96a2ef268c5075ec8aa51803eae52385eb76e1c905b74bd3d1cebc216043b0b7515281615a8bb78918298b101');
INSERT INTO register VALUES (2, 'abababababababababababababababababababababababababababababababab', '/mnt/vault', '{"copy":{"cmdb_id":"c0c1c2c3c4c5c6c7c8c9cacbcccdcecf","copy_kid":"0a14cb15c4a3e4164f51683b716c76427d3672186d0622f59e08e7813cdc304d","covers_nothing":false,"created":"2026-11-23T03:00:00Z","keys":[{"credentials":2,"kid":"5aa8cf3d1bc03fca186c0a82c0c12b8734e0f90b9acfebcbc7f71e7f4ef284eb"},{"credentials":2,"kid":"88854b7b826aacf01fababd84b704675b40bc29ec601cba16d316fa09754ce29"}],"number":11,"server":"ns01.example.net","server_key":"59e5478c841338b2aef8fef8a02f962fe30d9ffb0b3390afaf3b8c8c3142dfeb","sha256":"abababababababababababababababababababababababababababababababab","uncovered":[]},"destination":"/mnt/vault","good_moment":"2026-11-23T03:00:00Z","look_moment":"2026-11-23T03:00:00Z","parts":[{"name":"ns01.example.net-c0c1c2c3-20261123T030000Z-cmdb-1of2.zip","sha256":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","size":4000},{"name":"ns01.example.net-c0c1c2c3-20261123T030000Z-cmdb-2of2.zip","sha256":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","size":4000}],"proofs":[{"moment":"2026-11-23T03:00:00Z","proof":"opened"}],"retired":null,"sight":"good","where":{"detail":"vault02:/backups","location":"elsewhere","reason":"network_mount"}}', X'c8bfe46aaa81d1f2e09f6c43ef45bf44dae94cb896428c53949a77410157ac1d9827403b525a9c869e467c9338c4ba181e3fa76e465ef21cf9ce4a385182610c');
INSERT INTO recovery VALUES (1, '{"cmdb_id":"c0c1c2c3c4c5c6c7c8c9cacbcccdcecf","earlier":[{"kind":"person","number":1,"recipient":"age1wd5yt42wsl0qn44mz992wppv2zj2q9danyqargqzdav4v5e6z5vsqz9653"}],"identities":[{"created":"2026-11-22T14:02:00Z","kind":"person","number":2,"recipient":"age1fylg9lr5ge99jf5gza3r6gznch4cutxy4xytflhp08kxkqgd2vwskusw5c","set":"","sha256":"25dbac1889177eb53b43773312fdcf54c98e281137487adc26a0702b38351269","shares":0,"threshold":0},{"created":"2026-11-22T14:02:00Z","kind":"custodians","number":1,"recipient":"age1vpd8yhf2ft07avdznct7m43pcxm4j0hgek7yftrvf2mw97q96g7qz68n63","set":"acquire surprise","sha256":"3313c18b013262f10c19f946f579173f958ca8917b180c8399884229eb756fa9","shares":5,"threshold":3}],"server_key":"59e5478c841338b2aef8fef8a02f962fe30d9ffb0b3390afaf3b8c8c3142dfeb","version":1,"waiting":null}', X'a451b993c6e2501ba7893ea5f3760f615ad9d085c6bc3fde049238f6ab3608b8fec5cdca2efc10711cff2dc5a60e6144544c3a3b8eb5f8952b79ee4b2df8e306');
INSERT INTO statements VALUES (5, 'replaced', '{"backup":null,"cmdb_id":"c0c1c2c3c4c5c6c7c8c9cacbcccdcecf","copy":null,"cross_sig":"0UxD66lzlyn4M8gulYVXr7vLh6dbISGvP8tOSTC4SzdovcXroPigROHhAXbmM1T_q7kMr0FFZhfJHKFP0lUXCA","highest":4,"moment":"2026-11-22T14:02:00Z","predecessor":"abababababababababababababababababababababababababababababababab","server_key":"59e5478c841338b2aef8fef8a02f962fe30d9ffb0b3390afaf3b8c8c3142dfeb","upto":4}', X'a252294387bd2385546e4059c82978bb8723f08292ce016d92b462b297455f7c9bd3130b9ef1fc157dc9b5a4b74438ad0bb2067d775a5deb978bedd6b9795e00');
INSERT INTO drills VALUES (1, '{"address":"/mnt/vault/ns01.example.net-c0c1c2c3-20261123T030000Z.zip","archive_sha256":"c3b2d8f3f021da1c2c656df52a706dd7ff3df67d85a7d2692a085f2b0a1bc50d","began":"2026-11-23T03:00:00Z","copy_number":11,"copy_sha256":"abababababababababababababababababababababababababababababababab","end":"proven","failures":["run-as/deploy-finance"],"generation":41,"host":"ns01.example.net","login_uid":1000,"login_user":"operator","missing":0,"opened":3,"reached":"credentials_open","seconds":41,"sudo_user":"operator","tampered":1,"typed":true,"uid":0,"user":"root"}', X'73356db074bc2a72af6e0ff55f325221ffd9935962d7499800514ea0b150783a7d0d18529629d44caaef97256379082daaf3e18fc1f2a94eab3f27a57e641209');
INSERT INTO rotations VALUES (1, '88854b7b826aacf01fababd84b704675b40bc29ec601cba16d316fa09754ce29', 'finished', 1795356120, 1795356120, 0);
INSERT INTO audit VALUES (1, '{"action":"set-up","details":{},"login_uid":1000,"login_user":"operator","number":1,"subject":"ns01.example.net","sudo_user":"operator","time":"2025-01-03T08:11:00Z","uid":0,"user":"root"}', X'87e0feefd2a0e216ef04f2ef08916032d120dbad508d0efbfa9d3887c8a4fa31');
INSERT INTO audit VALUES (2, '{"action":"credential-added","details":{},"login_uid":1000,"login_user":"operator","number":2,"subject":"hierarchy/emea-ns02","sudo_user":"operator","time":"2025-01-03T08:11:00Z","uid":0,"user":"root"}', X'15cfaf46a524c537c7d37aa62823a9f15eb4c78ca487b9deca2672b7b3021e50');
INSERT INTO audit VALUES (3, '{"action":"backed-up","details":{"generation":"41"},"login_uid":1000,"login_user":"operator","number":3,"subject":"/mnt/vault","sudo_user":"operator","time":"2026-11-23T03:00:00Z","uid":0,"user":"root"}', X'59b93edba58ea6cdf83a3c78a5b4d189948075401a05f82b0323917a8ae1de72');
INSERT INTO checkpoint VALUES (1, '{"audit":{"count":3,"head":"59b93edba58ea6cdf83a3c78a5b4d189948075401a05f82b0323917a8ae1de72"},"cmdb_id":"c0c1c2c3c4c5c6c7c8c9cacbcccdcecf","diary":"20fc0d25ae0ce47e17931dbb7d41ff751ea380dd172510f9a9df3714f0600460","keys":"7e86cdcb73aae2710c6733a433418c03c3221bae82e162373c94ea05ed55bf87","last_check":null,"moment":"2026-11-23T03:00:00Z","number":12,"predecessors":[{"server_key":"abababababababababababababababababababababababababababababababab","upto":4}],"previous":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","recovery":"f33fdf0eab39c32c8ac81168f9fed2a9af322ae803c58b81d82fff8751919873","register":"9da7d9eae3fad5ac4b696bef51bf8b24ef2490831aa5538acb8a8024c9836f2d","rotation":null,"server_key":"59e5478c841338b2aef8fef8a02f962fe30d9ffb0b3390afaf3b8c8c3142dfeb","store_id":"d0d1d2d3d4d5d6d7d8d9dadbdcdddedf","unexplained":[],"version":1,"void":[]}', X'd5b459cc046ccac241ce7aa716adb9cdbce0357efbf16c023f46b46455afaac9ead85d07f005876d3b9f74929e12e561c7b5fe8ef26cff726a2c9c469b171f00');
COMMIT;
