//! The rows of the table.

use super::{Actor, Area, CodeInfo, RefusalCode, RefusalStatus};

const fn is_of_package(areas: &[Area]) -> bool {
    match areas {
        [] => false,
        [Area::OfPackage, ..] => true,
        [_, others @ ..] => is_of_package(others),
    }
}

macro_rules! areas {
    ([$($area:ident)+]) => { &[$(Area::$area),+] };
}

macro_rules! codes {
    ($($name:ident $code:literal $areas:tt $actor:ident
       $(=> $status:ident $text:literal)?
       $ja:literal $en:literal
       $do_ja:literal $do_en:literal;)+) => {
        $(
            #[doc = $en]
            pub const $name: &str = $code;
        )+

        /// Every code.
        pub const TABLE: &[CodeInfo] = &[$(CodeInfo {
            code: $name,
            areas: areas!($areas),
            actor: Actor::$actor,
            meaning: ($ja, $en),
            to_do: ($do_ja, $do_en),
        }),+];

        impl RefusalCode {
            $($(
                #[doc = $en]
                pub const $name: Self = Self {
                    code: $name,
                    status: RefusalStatus::$status,
                    text: $text,
                    is_of_package: is_of_package(areas!($areas)),
                };
            )?)+

            /// Every code with which a node refuses.
            pub const ALL: &[Self] = &[$($(
                Self {
                    code: $name,
                    status: RefusalStatus::$status,
                    text: $text,
                    is_of_package: is_of_package(areas!($areas)),
                },
            )?)+];
        }
    };
}

codes! {
    PEER_UNREACHABLE "peer-unreachable" [Waiting] Both
    "相手につながりません" "the partner cannot be reached"
    "自動で送り直します。続く場合は、相手の renkei が動いているか（パソコンの電源が入っているか）を、相手に電話で確かめてください。動いているときは、IT 担当の方に、登録した相手のアドレス（url）と、途中のルーター、ファイアウォールを見てもらってください。"
    "It is tried again by itself. If it goes on, ask the partner whether its computer is on and renkei runs there. If so, have your IT person check the address that is registered for it (url), routers and firewalls.";
    NO_SEALING_KEY "no-sealing-key" [Waiting Condition] Both
    "相手の封かん用の鍵が分からないため、中継サーバーに預けられません" "no key of the partner is known to which packages could be sealed, so nothing is left with the relay"
    "相手から新しい事業所カードを受け取り、renkei partner add で登録してください。"
    "Get a new card of the partner and register it with renkei partner add.";
    PROXY_REFUSES "proxy-refuses" [Waiting] Here
    "プロキシがログインを求めています" "the proxy asks for a login, or does not take ours"
    "[network] の proxy_user と、proxy_password_file の 1 行目を確かめてください。分からないときは、ネットワークの管理者に聞いてください。"
    "Check proxy_user and the first line of proxy_password_file in [network]; ask whoever looks after the network.";
    PROXY_NO_CONNECTION "proxy-no-connection" [Waiting] Both
    "プロキシが接続を開きません" "the proxy does not open the connection"
    "相手の renkei が動いていないか、プロキシがこの接続先やポート、またはこちらのパスワードを認めていません。自動で送り直します。続く場合は、[network] の proxy_user とパスワードを確かめ、ネットワークの管理者に、この接続先への CONNECT を許すよう頼んでください。"
    "The partner's renkei does not run, or the proxy does not let this address, this port or our password through. It is tried again by itself; if it goes on, check proxy_user and the password in [network], and have CONNECT to the address allowed.";
    PROXY_UNREACHABLE "proxy-unreachable" [Waiting] Here
    "プロキシにつながりません" "the proxy cannot be reached"
    "[network] の proxy のアドレスと、このパソコンのネットワークを確かめてください。"
    "Check the address in proxy of [network], and the network of this computer.";
    PEER_CONNECTION_BROKEN "peer-connection-broken" [Waiting] Time
    "通信が途中で切れました" "the connection broke off"
    "自動で送り直します。続く場合は、回線とファイアウォールを確かめてください。"
    "It is tried again by itself. If it goes on, check the line and firewalls.";
    PEER_TIMEOUT "peer-timeout" [Waiting] Time
    "相手から時間内に返事がありません" "the partner did not answer in time"
    "自動で送り直します。続く場合は、相手のパソコンと回線が込み合っていないか相手に確かめてください。"
    "It is tried again by itself. If it goes on, ask the partner whether its computer or line is overloaded.";
    PEER_BUSY "peer-busy" [Waiting] Time
    "相手が混み合っています" "the partner is busy"
    "自動で送り直します。コロンの後のコードが相手の理由です。"
    "It is tried again by itself. The code behind the colon is the partner's reason.";
    PEER_REFUSES "peer-refuses" [Waiting] Both
    "相手が受け取りません" "the partner does not take it"
    "コロンの後のコードが相手の理由です。その説明も見て、直ったら renkei retry で送り直してください。"
    "The code behind the colon is the partner's reason: look it up too. When it is mended, renkei retry sends again.";
    PEER_PROTOCOL_FAULT "peer-protocol-fault" [Waiting] Both
    "相手の返事を読み取れません" "the answer of the partner cannot be understood"
    "[[peer]] の url が renkei を指しているか、途中に別のサーバー（プロキシなど）がないか、双方の版を確かめてください。"
    "Check that the url of [[peer]] leads to renkei and to nothing between, such as a proxy, and the versions of both sides.";
    PEER_CERTIFICATE_NOT_ACCEPTED "peer-certificate-not-accepted" [Waiting] Here
    "相手の証明書を確認できません" "the certificate of the partner is not accepted"
    "こちらの設定で、相手の TLS 証明書の SHA-256（[[peer]] の tls_certificates）か認証局（tls.roots）を確かめてください。正しい値は相手に電話などで確かめます。"
    "In this configuration, check the SHA-256 of the partner's TLS certificate (tls_certificates of [[peer]]) or the authority (tls.roots); ask the partner for the right value.";
    OWN_CERTIFICATE_NOT_ACCEPTED "own-certificate-not-accepted" [Waiting] Partner
    "相手がこちらの証明書を受け付けません" "the partner does not accept our certificate"
    "相手の設定に、こちらの TLS 証明書の SHA-256（renkei certs show で表示）が正しく登録されているか確かめてもらってください。TLS 用と署名用の取り違えに注意します。"
    "Have the partner check that it has registered the SHA-256 of our TLS certificate (renkei certs show); those for TLS and for signing are easily swapped.";
    PEER_TLS_FAILED "peer-tls-failed" [Waiting] Both
    "相手と暗号化通信（TLS）を始められません" "no TLS connection with the partner"
    "相手が TLS 1.3 に対応しているか、url のポートが renkei のものか確かめてください。"
    "Check that the partner speaks TLS 1.3 and that the port of the url is that of renkei.";
    UNEXPECTED_RECEIPT "unexpected-receipt" [Waiting] Maker
    "ここでは使えない種類の受領証が届きました" "a receipt of a kind that does not fit here"
    "相手のソフトウェアの版を確かめてください。"
    "Check the version of the partner's software.";
    RECEIPT_OUT_OF_CHAIN "receipt-out-of-chain" [Waiting] Maker
    "届いた受領証が指す、その前の受領証が届いていません" "the receipt names one before it that never came"
    "証拠がつながらないため、受け取っていません。相手のソフトウェアの版を確かめてください。"
    "It was not taken, as the proof would not hold. Check the version of the partner's software.";
    BAD_RECEIPT "bad-receipt" [Waiting] Maker
    "相手の受領証の内容が正しくありません" "the partner's receipt is invalid"
    "相手のソフトウェアの版を確かめてください。"
    "Check the version of the partner's software.";
    RECEIPT_MISMATCH "receipt-mismatch" [Waiting OfPackage] Maker
    => Unprocessable "Expected a receipt of this kind about this package."
    "届いた受領証が別のパッケージのものです" "the receipt is about another package"
    "自動でやり直します。続く場合は、相手のソフトウェアの版を確かめてください。"
    "It is tried again. If it goes on, check the version of the partner's software.";
    RELAY_RECEIPT "relay-receipt" [Waiting] Nobody
    "中継サーバーの受付で、配達の受領証ではありません" "a relay's acceptance, no receipt of delivery"
    "相手の受領証を待ちます。"
    "The receipt of the partner is waited for.";

    NOT_FOUND "not-found" [Refusal Store Api] Sender
    => NotFound "There is no such resource."
    "求められたものがありません" "there is no such thing"
    "送信側は相手の url を確かめてください。コマンドの返事の場合は、メッセージ ID を renkei history で確かめてください。"
    "A sender checks the url of the partner. As the answer to a command: check the message id with renkei history.";
    METHOD_NOT_ALLOWED "method-not-allowed" [Refusal Api] Maker
    => MethodNotAllowed "The resource has no such method."
    "その操作は用意されていません" "the route has no such method"
    "送信側のソフトウェアの版を確かめてください。"
    "Check the version of the sending software.";
    BAD_REQUEST "bad-request" [Refusal] Maker
    => BadRequest "The request is not HTTP/1.1, or can be read in more than one way."
    "通信の書き方（HTTP/1.1）が正しくありません" "the request is not HTTP/1.1 as it should be"
    "送信側のソフトウェアの版を確かめてください。途中に別のサーバー（プロキシなど）がないかも確かめます。"
    "Check the version of the sending software, and whether something stands between, such as a proxy.";
    HEAD_TOO_LARGE "head-too-large" [Refusal] Maker
    => HeadTooLarge "The head of the request has more bytes or fields than this node takes."
    "通信の見出し（HTTP ヘッダー）が大きすぎます" "the head of the request is too large"
    "送信側のソフトウェアの版を確かめてください。途中に別のサーバー（プロキシなど）がないかも確かめます。"
    "Check the version of the sending software, and whether something stands between, such as a proxy.";
    CERTIFICATE_REFUSED "certificate-refused" [Refusal Handshake] Both
    => Forbidden "The client certificate is not accepted any more."
    "証明書を受け付けられません" "the certificate is not accepted"
    "つないできた側の証明書の期限・用途と、受信側の登録を確かめてください。"
    "Check dates and usage of the certificate that came, and what the receiving side has registered.";
    NOT_A_PARTNER "not-a-partner" [Refusal] Recipient
    => Forbidden "The recipient has not registered the sender as a partner."
    "送信元が相手として登録されていません" "the sender is no registered partner"
    "受信側の設定の [[peer]] に、送信元の事業所番号を登録してください。"
    "The receiving side adds the sender to [[peer]] of its configuration.";
    CERTIFICATE_NOT_ALLOWED "certificate-not-allowed" [Refusal] Both
    => Forbidden "The client certificate does not speak for the office."
    "証明書が、その事業所のものとして認められません" "the certificate does not speak for the office"
    "送信側の事業所番号と、証明書の名義（CN）または受信側に登録した SHA-256 を突き合わせてください。"
    "Compare the sender's office number with the common name of its certificate, or with the SHA-256 that the receiving side has registered.";
    PARTNER_SHARE_EXCEEDED "partner-share-exceeded" [Refusal] Time
    => TooManyRequests "You have as much under way at once as one partner may; come again."
    "一つの相手に許す量を、いま使い切っています" "the partner holds as much at a time as one may"
    "少し待つと自動で送り直されます。続く場合は、受信側の limits.partner_share を確かめてください。"
    "It is sent again after a while. If it goes on, see limits.partner_share of the receiving side.";
    PARTNER_RATE_EXCEEDED "partner-rate-exceeded" [Refusal Condition] Sender
    => TooManyRequests "You have sent as much lately as one partner may; come again later."
    "一つの相手が 1 時間に送れる量を超えました" "more came in an hour than one partner may send"
    "送信側が同じものを送り続けていないか確かめてください。必要なら受信側で limits.partner_rate を大きくします。"
    "See whether the sender sends the same again and again; else the receiving side makes limits.partner_rate larger.";
    PARTNER_STORE_FULL "partner-store-full" [Refusal Condition] Recipient
    => InsufficientStorage "The node keeps as much of you as it may; ask its operator."
    "その相手から受け取って保存できる量の上限に達しました" "as much of the partner is kept as may be"
    "受信側で limits.partner_store を大きくするか、保存期間（retention.packages）を短くしてください。"
    "The receiving side makes limits.partner_store larger or retention.packages shorter.";
    STORAGE_FULL "storage-full" [Refusal Api] Recipient
    => InsufficientStorage "The node has no room for packages at the moment; come again."
    "受信側のディスクか台帳がいっぱいです" "no room on the recipient's disk or in its store"
    "受信側でディスクの空きを増やすか、limits.store_size を大きくしてください。空くと自動で送り直されます。"
    "The receiving side makes room on its disk or raises limits.store_size; then it is sent again by itself.";
    STORE_GONE "store-gone" [Refusal Condition Store] Recipient
    => Unavailable "The store of the recipient is away; come again."
    "データフォルダー、または中の台帳が、動作中になくなりました" "the data folder or the store in it is gone"
    "node.data のディスクをつなぎ直してください。控えから戻す場合は、先に renkei を止めます。"
    "Connect the disk of node.data again; stop renkei before a copy is restored.";
    BUSY "busy" [Refusal Api] Time
    => Unavailable "The node cannot take it at the moment; come again."
    "受信側が混み合っています" "the recipient is busy"
    "少し待つと自動で送り直されます。"
    "It is sent again after a while.";
    TIMEOUT "timeout" [Refusal Api] Time
    => Unavailable "The node did not answer in time; repeat the request."
    "受信側の処理が時間内に終わりませんでした" "the recipient did not get it done in time"
    "自動で送り直されます。二重に取り込まれることはありません。"
    "It is sent again by itself, and is never imported twice.";
    INTERNAL "internal" [Refusal Held Order Start Store Api] Maker
    => Internal "The node failed to handle the request; its operator finds the reason in its log."
    "内部エラーです" "an internal fault"
    "そのコードを出した側のログを確かめ、続く場合はログを添えて開発元に連絡してください。"
    "See the log of the side that gave the code; if it goes on, report it with the log.";
    BAD_QUERY "bad-query" [Refusal] Maker
    => BadRequest "Expected office (10 characters), and optionally after (a position) and wait (seconds)."
    "問い合わせの書き方が正しくありません" "the query is malformed"
    "問い合わせた側のソフトウェアの版を確かめてください。"
    "Check the version of the asking software.";
    UNKNOWN "unknown" [Waiting] Both
    "相手が、知らない理由で断りました" "the partner refuses for a reason that is not known here"
    "url が renkei を指しているか、双方の版を確かめてください。"
    "Check that the url leads to renkei, and the versions of both sides.";
    OWN_CERTIFICATE_NOT_VALID "own-certificate-not-valid" [Refusal Certificates] Here
    => Unavailable "A certificate of the recipient is not valid at the moment; its operator has to renew it."
    "自分の証明書が有効期間の外です" "an own certificate is not valid at the moment"
    "パソコンの時計を確かめ、期限が切れていれば新しい証明書に置き換えてください。受信側の証明書の場合は、相手に伝えてください。"
    "Check the clock of the computer, and put a new certificate in place of one that has ended. Where it is the recipient's, tell the partner.";

    BAD_MESSAGE_ID "bad-message-id" [OfPackage] Maker
    => BadRequest "Expected a UUID of version 7 in lower case in the path."
    "メッセージ ID の形が正しくありません" "the message id is malformed"
    "送信側のソフトウェアの版を確かめてください。"
    "Check the version of the sending software.";
    UNSUPPORTED_MEDIA_TYPE "unsupported-media-type" [OfPackage Api] Maker
    => UnsupportedMediaType "Expected a body of type application/zip without a content coding."
    "パッケージの形式ではありません" "the body is no package by its type"
    "送信側のソフトウェアの版を確かめてください。"
    "Check the version of the sending software.";
    DIGEST_MISSING "digest-missing" [OfPackage] Maker
    => BadRequest "Expected Content-Digest with sha-256, found none."
    "内容の確認用の値（Content-Digest）がありません" "there is no Content-Digest with sha-256"
    "送信側のソフトウェアの版を確かめてください。"
    "Check the version of the sending software.";
    DIGEST_MALFORMED "digest-malformed" [OfPackage] Maker
    => BadRequest "Expected Content-Digest as sha-256=:<base64 of 32 bytes>: (RFC 9530)."
    "内容の確認用の値（Content-Digest）を読み取れません" "Content-Digest cannot be read"
    "送信側のソフトウェアの版を確かめてください。"
    "Check the version of the sending software.";
    DIGEST_MISMATCH "digest-mismatch" [OfPackage] Time
    => BadRequest "The body is not what Content-Digest says; it was damaged on its way."
    "届いた内容が、送信時に約束されたもの（Content-Digest）と異なります" "the body was damaged on its way"
    "自動で送り直します。続く場合は、途中の機器が内容を変えていないか確かめてください。"
    "It is sent again. If it goes on, see whether something between changes the content.";
    BODY_BROKEN "body-broken" [OfPackage Api] Time
    => BadRequest "The body ended early or is not well-formed."
    "受信の途中で通信が切れました" "the body ended early"
    "自動で送り直します。"
    "It is sent again by itself.";
    TOO_LARGE "too-large" [OfPackage Api] Both
    => TooLarge "The package is larger than this node takes. Send the files in smaller units."
    "受信側の上限より大きいパッケージです" "the package is larger than the recipient accepts"
    "ファイルを分けて送るか、受信側で limits.package_size を大きくしてください。"
    "Send the files in smaller units, or the receiving side raises limits.package_size.";
    TOO_MANY_FILES "too-many-files" [OfPackage Api] Both
    => TooLarge "The package has more files than this node takes. Send the files in smaller units."
    "受信側の上限より多くのファイルが入ったパッケージです" "the package has more files than the recipient accepts"
    "ファイルを分けて送るか、受信側で limits.unit_files を大きくしてください。"
    "Send the files in smaller units, or the receiving side raises limits.unit_files.";
    TOO_SLOW "too-slow" [Refusal] Time
    => RequestTimeout "The body came too slowly."
    "送信が遅すぎて打ち切られました" "the body came too slowly"
    "自動で送り直します。続く場合は回線を確かめてください。"
    "It is sent again. If it goes on, check the line.";
    ID_MISMATCH "id-mismatch" [OfPackage] Maker
    => Unprocessable "The id in the path is not the one in the manifest."
    "送り先の番号とパッケージの番号が一致しません" "the id in the path is not the one in the manifest"
    "送信側のソフトウェアの版を確かめてください。"
    "Check the version of the sending software.";
    ID_TAKEN "id-taken" [OfPackage] Maker
    => Conflict "This id was used for other bytes before."
    "同じメッセージ ID で別の内容が送られています" "the sender used the id for other bytes"
    "送信側のデータフォルダーが古い控えから戻されていないか確かめ、ファイルを出力し直してください。"
    "See whether the sender's data folder is an older copy, and export the files again.";
    CLOCK_AHEAD "clock-ahead" [Refusal] Both
    => Unprocessable "The package was made in the future; check the clocks on both sides."
    "パッケージの作成日時が、受信側の時計より先です" "the package was made in the future"
    "双方のパソコンの日付と時刻を確かめてください。直ると自動で送り直されます。"
    "Set date and time on both computers; then it is sent again by itself.";
    UNSUPPORTED_FORMAT "unsupported-format" [OfPackage] Both
    => Unprocessable "The format of the package is not supported. Update renkei on both sides."
    "パッケージの形式の版に対応していません" "the format of the package is not supported"
    "双方の renkei を新しい版にしてください。"
    "Update renkei on both sides.";
    BAD_CONTAINER "bad-container" [OfPackage] Sender
    => Unprocessable "The container of the package is malformed. Check the sending software."
    "パッケージの形式が正しくありません" "the container of the package is malformed"
    "送信側のソフトウェアを確かめてください。"
    "Check the sending software.";
    BAD_MANIFEST "bad-manifest" [OfPackage] Sender
    => Unprocessable "The manifest of the package is invalid. Check the sending software."
    "パッケージの目録が正しくありません" "the manifest of the package is invalid"
    "送信側のソフトウェアを確かめてください。"
    "Check the sending software.";
    FILE_MISMATCH "file-mismatch" [OfPackage] Sender
    => Unprocessable "A file is not the one that the manifest describes. Check the sending software."
    "ファイルが、パッケージの目録の内容と一致しません" "a file is not the one that the manifest of its package describes"
    "送信側のソフトウェアを確かめてください。保存した証拠で出た場合は、ファイルが署名の後で書き換えられています。"
    "Check the sending software. Met in proof that was kept, the file was changed after it was signed.";
    SEAL_UNKNOWN_KEY "seal-unknown-key" [Refusal] Time
    => Unprocessable "The package is sealed to a key that this node does not have. Fetch its card and seal anew."
    "受信側にない鍵で封かんされています" "the package is sealed to a key that the recipient does not have"
    "送信側が新しい事業所カードを取りに行き、封かんし直して自動で送ります。続く場合は、受信側のデータフォルダーの sealing と、renkei doctor の結果を確かめてください。"
    "The sender fetches the newest card, seals anew and sends by itself. If it goes on, check the folder sealing in the data folder of the recipient, and renkei doctor there.";
    NOT_SEALED "not-sealed" [OfPackage] Sender
    => Unprocessable "The body is no sealed package."
    "封かんされたパッケージではありません" "the package is not sealed"
    "中継サーバーには、封かんしたパッケージだけを預けられます。送信側の renkei の版を確かめてください。"
    "A relay takes sealed packages only. Check the version of the sender's renkei.";
    SEAL_BROKEN "seal-broken" [OfPackage] Maker
    => Unprocessable "The sealed package was changed, cut short, or sealed wrongly."
    "封かんされたパッケージが壊れているか、途中で変わっています" "the sealed package was changed or is broken"
    "送信側のソフトウェアの版と、途中の中継サーバーを確かめてください。"
    "Check the version of the sending software, and the relay between.";
    SEAL_MISMATCH "seal-mismatch" [OfPackage] Maker
    => Unprocessable "The clear header and the package inside differ."
    "封かんの見出しと、中のパッケージが一致しません" "the clear header and the package inside differ"
    "送信側のソフトウェアの版を確かめてください。"
    "Check the version of the sending software.";
    BAD_RECALL "bad-recall" [OfPackage] Maker
    => Unprocessable "Expected a signed recall of this package by its sender."
    "取り戻しの依頼として正しくありません" "the recall is invalid"
    "送信側のソフトウェアの版を確かめてください。"
    "Check the version of the sending software.";
    BAD_CARD "bad-card" [Refusal] Partner
    => Unprocessable "The card is no signed card of an office, or was changed."
    "事業所カードとして正しくありません" "the card is invalid"
    "カードのファイルが壊れているか、途中で変わっています。相手にもう一度作って（renkei card）送ってもらってください。"
    "The file is broken or was changed on its way: ask the partner to make it again (renkei card) and to send it.";
    CARD_NOT_VALID "card-not-valid" [Refusal] Partner
    => Unprocessable "The card is not valid at this time."
    "事業所カードの有効期間ではありません" "the card is not valid at this time"
    "双方のパソコンの日付と時刻を確かめ、相手に新しいカードを作って（renkei card）もらってください。"
    "Check the clocks on both sides, and ask the partner for a new card (renkei card).";
    CARD_OLDER "card-older" [Refusal] Nobody
    => Conflict "A card with this serial or a newer one is registered already."
    "登録済みのものより新しくない事業所カードです" "the card is not newer than the registered one"
    "登録済みのカードのままで、対応は不要です。新しいはずのカードがこうなるときは、相手にもう一度作って（renkei card）もらってください。"
    "The registered card stays, and nothing has to be done. If the card should be newer, ask the partner to make it again (renkei card).";
    CARD_NOT_TRUSTED "card-not-trusted" [Refusal Condition] Both
    => Forbidden "The card is not signed with a certificate that is registered for the office."
    "事業所カードが、登録済みの署名証明書で署名されていません" "the card is not signed with a certificate that is registered for the office"
    "相手に電話で確かめてください。相手が鍵を作り直していたら、新しいカードを受け取って renkei partner add で登録し、30 桁の数字を読み合わせます。心当たりがないと言われたら、登録せずに IT 担当の方に知らせてください。"
    "Ring the partner up. If it has made new keys, get its new card, register it with renkei partner add and compare the 30 digits; if it knows of nothing, do not register it and tell your IT person.";
    BAD_SIGNATURE "bad-signature" [OfPackage] Sender
    => Unprocessable "The signature does not verify. The content may have changed after it was signed."
    "電子署名を確認できません" "the signature does not verify"
    "署名の後で内容が変わった可能性があります。介護ソフトから出力し直して送ってください。"
    "The content may have changed after it was signed: export and send it again.";
    SIGNER_MISMATCH "signer-mismatch" [OfPackage] Sender
    => Forbidden "The document was signed with another certificate than it names."
    "文書に書かれたものと別の証明書で署名されています" "signed with another certificate than the document names"
    "送信側のソフトウェアを確かめてください。"
    "Check the sending software.";
    NOT_OUR_PACKAGE "not-our-package" [OfPackage] Sender
    => Unprocessable "The recipient's office is not one of this node. Check the address of the partner."
    "送信先の事業所番号が、受信側の事業所ではありません" "the package is for an office that the recipient is not"
    "送信側の設定で、その事業所番号の [[peer]] の url を確かめてください。"
    "The sender checks the url of the [[peer]] with that office number.";
    PACKAGE_EXPIRED "package-expired" [OfPackage] Sender
    => Unprocessable "The package has expired. Send the files as a new package."
    "パッケージの有効期限が過ぎています" "the package has expired"
    "介護ソフトからもう一度出力してください。"
    "Export the files from the care software again.";
    CERTIFICATE_EXPIRED "certificate-expired" [Refusal Handshake] Both
    => Forbidden "The certificate has expired. Renew it."
    "証明書の有効期間が過ぎています" "the certificate has expired"
    "つないできた側・署名した側が証明書を更新してください。双方の時計も確かめます。"
    "The side whose certificate it is renews it; check the clocks of both.";
    CERTIFICATE_NOT_YET_VALID "certificate-not-yet-valid" [Refusal Handshake] Both
    => Forbidden "The certificate is not valid yet. Check the clocks on both sides."
    "証明書の有効期間がまだ始まっていません" "the certificate is not valid yet"
    "双方のパソコンの日付と時刻を確かめてください。"
    "Check the clocks on both sides.";
    CERTIFICATE_UNREADABLE "certificate-unreadable" [Refusal Handshake Certificates Start] Here
    => Forbidden "The certificate cannot be read."
    "証明書を読み取れません" "the certificate cannot be read"
    "PEM または DER の X.509 証明書を置き直してください。"
    "Put an X.509 certificate in PEM or DER there.";
    CERTIFICATE_WEAK_KEY "certificate-weak-key" [Refusal Handshake Certificates Start] Here
    => Forbidden "The key of the certificate is not accepted. Use ECDSA P-256 or P-384, or RSA of at least 2048 bits."
    "証明書の鍵が対応外です" "the key of the certificate is not accepted"
    "ECDSA P-256・P-384 または RSA 2048 ビット以上の鍵で、証明書を発行し直してください。"
    "Have a certificate issued for a key ECDSA P-256 or P-384, or RSA of at least 2048 bits.";
    CERTIFICATE_WEAK_SIGNATURE "certificate-weak-signature" [Refusal Handshake] Here
    => Forbidden "The certificate, or one above it, is signed with SHA-1 or another algorithm that is not accepted. Have it issued anew with SHA-256."
    "証明書の署名の方式（SHA-1 など）が対応外です" "the signature of the certificate, such as one with SHA-1, is not accepted"
    "SHA-256 以上の署名で、証明書を発行し直してもらってください。中間の認証局の証明書も同じです。"
    "Have the certificate issued anew with a signature of SHA-256 or better; that goes for those of authorities between too.";
    CERTIFICATE_REVOKED "certificate-revoked" [Refusal Handshake Certificates Start] Here
    => Forbidden "The certificate has been revoked. A new one is needed."
    "証明書は失効しています" "the certificate has been revoked"
    "認証局に新しい証明書を発行してもらってください。"
    "Have the authority issue a new one.";
    CERTIFICATE_WRONG_USAGE "certificate-wrong-usage" [Refusal Handshake Certificates Start] Here
    => Forbidden "The usage of the certificate does not allow this use; that of an authority (CA:TRUE) never does."
    "証明書の用途（CA:TRUE、keyUsage、extendedKeyUsage）がこの使い方を許していません" "CA:TRUE, keyUsage or extendedKeyUsage of the certificate does not allow this use"
    "CA:FALSE、keyUsage は digitalSignature で発行し直してください。extendedKeyUsage を付けるなら、TLS 用は serverAuth と clientAuth の両方が要ります。"
    "Have it issued with CA:FALSE and keyUsage digitalSignature; an extendedKeyUsage for TLS needs both serverAuth and clientAuth.";
    CERTIFICATE_UNKNOWN "certificate-unknown" [Refusal Handshake] Recipient
    => Forbidden "The certificate is unknown. The recipient has to register it."
    "証明書が登録されていません" "the certificate is not registered"
    "受信側が、つないできた側の証明書の SHA-256 を [[peer]] の tls_certificates・signing_certificates に登録するか、発行した認証局を tls.roots に加えてください。TLS 用と署名用の取り違えに注意します。"
    "The receiving side registers the SHA-256 of the certificate in tls_certificates or signing_certificates of [[peer]], or adds the authority to tls.roots; those for TLS and for signing are easily swapped.";
    CERTIFICATE_WRONG_OFFICE "certificate-wrong-office" [Refusal Handshake] Both
    => Forbidden "The common name of the certificate is not the number of the office."
    "証明書の名義（CN）が事業所番号と一致しません" "the common name of the certificate is not the number of the office"
    "事業所番号の書き間違いを確かめてください。名義が違う証明書を使うなら、相手の設定に SHA-256 を登録します。"
    "Look for a mistyped office number; a certificate of another name has to be registered by its SHA-256.";
    CERTIFICATE_VERSION "certificate-version" [Refusal Handshake Certificates Start] Here
    => Forbidden "An X.509 v1 certificate without extensions is not accepted. Have a v3 certificate issued, with CA:FALSE and keyUsage."
    "拡張のない X.509 v1 の証明書は使えません" "an X.509 v1 certificate without extensions is not accepted"
    "v3 の証明書（CA:FALSE、keyUsage 付き）を発行し直してください。openssl x509 -req には -copy_extensions copyall か -extfile を付けます。"
    "Have a v3 certificate issued with CA:FALSE and keyUsage; openssl x509 -req needs -copy_extensions copyall or -extfile.";
    REVOCATION_UNKNOWN "revocation-unknown" [Refusal Handshake] Recipient
    => Forbidden "The recipient cannot check revocation. The recipient has to renew its revocation list."
    "証明書の失効を確認できません" "revocation of the certificate cannot be checked"
    "確認する側が、失効リスト（tls.revocation_lists）を新しいものに置き換えてください。"
    "The side that checks puts a new revocation list into tls.revocation_lists.";

    GONE "gone" [OfPackage] Nobody
    => Gone "The package was here and waits no more: it was taken, or its time is over."
    "もう置いていないパッケージです（受け取り済み、または期限切れ）" "the package waits there no more: it was taken, or its time is over"
    "対応は不要です。届いていないときは、送信側にもう一度送ってもらいます。"
    "Nothing has to be done; if it never came, have the sender send it again.";
    RANGE_NOT_SATISFIABLE "range-not-satisfiable" [OfPackage] Maker
    => RangeNotSatisfiable "There is no such part of the package."
    "パッケージにない範囲が求められました" "there is no such part of the package"
    "受け取る側のソフトウェアの版を確かめてください。"
    "Check the version of the receiving software.";

    CERTIFICATE_MISSING "certificate-missing" [Handshake] Partner
    "つないできた相手が証明書を示しませんでした" "the caller showed no certificate"
    "renkei でないソフト（ブラウザーや監視など）が接続した可能性があります。相手の renkei なら、証明書の設定を確かめてもらってください。"
    "It may be no renkei, but a browser or a monitor; of a partner's renkei, have its certificate settings checked.";
    TLS_PEER_REFUSES "tls-peer-refuses" [Handshake] Partner
    "相手が暗号化通信を断りました" "the other side refused the handshake"
    "相手の設定に、こちらの TLS 証明書が登録されているか確かめてもらってください。"
    "Have the partner check that it has registered our TLS certificate.";
    TLS_INCOMPATIBLE "tls-incompatible" [Handshake] Both
    "TLS の版か暗号が合いません" "no common version or suite of TLS"
    "双方が TLS 1.3 に対応しているか確かめてください。"
    "Check that both sides speak TLS 1.3.";
    TLS_MALFORMED "tls-malformed" [Handshake] Time
    "TLS でない通信が届きました" "what came is no TLS"
    "renkei でないソフトの接続です。続く場合は、接続元の IP アドレスを確かめてください。"
    "Something else than renkei connected. If it goes on, look at the address it comes from.";
    TLS_FAILED "tls-failed" [Handshake] Both
    "暗号化通信（TLS）を始められませんでした" "the TLS handshake failed"
    "ログのその行の英文が理由です。"
    "The text of the line in the log is the reason.";
    TLS_BROKEN "tls-broken" [Handshake] Time
    "暗号化通信を始める途中で切れました" "the connection broke during the handshake"
    "続く場合は、回線とファイアウォールを確かめてください。"
    "If it goes on, check the line and firewalls.";
    TLS_TIMEOUT "tls-timeout" [Handshake] Time
    "暗号化通信の準備が時間内に終わりませんでした" "the TLS handshake took too long"
    "続く場合は、回線とファイアウォールを確かめてください。"
    "If it goes on, check the line and firewalls.";
    TLS_SILENT "tls-silent" [Handshake] Nobody
    "接続だけして何も送られませんでした" "a connection said nothing"
    "監視などの接続です。"
    "That is what monitors do.";
    NO_CONNECTION "no-connection" [Handshake] Here
    "新しい接続を受けられません" "no connection could be taken"
    "同時に開けるファイルの数の上限（ulimit -n、LimitNOFILE）とメモリーを確かめてください。"
    "Check the limit of open files (ulimit -n, LimitNOFILE) and memory.";

    UNKNOWN_PARTNER "unknown-partner" [Held] Here
    "送信先が相手として登録されていません" "the addressee is no registered partner"
    "まず、送信先の事業所番号が正しいか確かめてください。間違いなら、介護ソフトで直して出力し直します。正しければ、IT 担当の方に登録を頼んでください（事業所カードで renkei partner add、または [[peer]]）。登録後は renkei hold release で送れます。"
    "First see whether the number of the addressee is right; if not, mend it in the care software and export again. If it is, ask your IT person to register it (renkei partner add with its card, or [[peer]]); then renkei hold release sends the files.";
    NOT_THIS_OFFICE "not-this-office" [Held] Here
    "送信元の事業所番号が、このフォルダーの事業所ではありません" "the sender is not the office of this folder"
    "その事業所の送信用フォルダーに入れてください。介護ソフトの自事業所の番号も確かめます。"
    "Use the drop folder of that office, and check the own office number in the care software.";
    EDITION_NOT_ACCEPTED "edition-not-accepted" [Held] Here
    "相手が取り込める版に変換できません" "the files cannot be converted to the edition that the partner imports"
    "介護ソフトで、相手が取り込める版を選んで出力し直してください。"
    "Export the files in the edition that the partner imports.";
    UNIT_NOT_TAKEN "unit-not-taken" [Held] Here
    "相手の介護ソフトが取り込めない種類です" "the care software of the partner does not import this kind"
    "送っていません。ほかの方法（紙など）で渡すか、相手に確かめてください。相手が取り込めるようになったら、相手の新しい事業所カードを登録し、renkei hold release で送れます。"
    "Nothing was sent: hand it over in another way, such as on paper, or ask the partner. When its care software has learned it, register the partner's new card, and renkei hold release sends the files.";
    FILE_TOO_LARGE "file-too-large" [Held] Here
    "ファイルが大きすぎます" "a file is too large"
    "出力の範囲を分けるか、limits.file_size を大きくしてください（相手の上限にも注意します）。"
    "Export less at a time, or raise limits.file_size; the partner has limits too.";
    UNIT_TOO_LARGE "unit-too-large" [Held] Here
    "ファイルの合計が大きすぎます" "the files together are too large"
    "出力の範囲を分けるか、limits.package_size を大きくしてください（相手の上限にも注意します）。"
    "Export less at a time, or raise limits.package_size; the partner has limits too.";
    UNIT_TOO_MANY_FILES "unit-too-many-files" [Held] Here
    "ファイルの数が多すぎます" "there are too many files"
    "出力の範囲を分けるか、limits.unit_files を大きくしてください。"
    "Export less at a time, or raise limits.unit_files.";
    SAME_NAME_IN_DROP "same-name-in-drop" [Held] Here
    "大文字・小文字だけが違う同じ名前のファイルがあります" "two files have the same name but for the letter case"
    "正しいほうだけを、元の名前で送信用フォルダーに入れてください。"
    "Put only the right one into the drop folder, under its name.";
    ATTACHMENT_NAME "attachment-name" [Held] Sender
    "添付ファイルの名前が使えません" "the name of an attachment is not allowed"
    "名前を短くし、記号や二つ目の拡張子を取ってから、入れ直してください。"
    "Make the name shorter, without signs and second extensions, and put it there again.";
    ATTACHMENT_TYPE "attachment-type" [Held] Sender
    "添付ファイルの種類が扱えません" "an attachment is of a type that does not travel"
    "PDF などに変えて送ってください。双方の attachments.types で、扱う種類を増やせます。"
    "Turn it into PDF, for example; attachments.types of both sides says which types travel.";
    ATTACHMENT_EXTENSION "attachment-extension" [Held] Sender
    "添付ファイルの拡張子が中身と合っていません" "the extension of an attachment does not fit its contents"
    "元のソフトで開いて、保存し直してください。"
    "Open it with the program that made it and save it anew.";
    ATTACHMENT_MACROS "attachment-macros" [Held] Sender
    "添付ファイルにマクロなどのプログラムが含まれています" "an attachment carries macros or other programs"
    "マクロのない形式（PDF、.xlsx など）で保存し直してください。"
    "Save it in a form without macros, such as PDF or .xlsx.";
    ATTACHMENT_TOO_LARGE "attachment-too-large" [Held] Sender
    "添付ファイルが大きすぎます" "an attachment is too large"
    "小さくするか、双方の attachments.file_size を大きくしてください。"
    "Make it smaller, or raise attachments.file_size on both sides.";
    ATTACHMENT_INFECTED "attachment-infected" [Held] Both
    "添付ファイルからウイルスなどが見つかりました" "the scanner has found something in an attachment"
    "開かないでください。送信側のパソコンを検査し、受け取らないときは renkei hold dismiss で断ってください。"
    "Do not open it. Have the computer of the sender scanned; renkei hold dismiss refuses it.";
    ATTACHMENT_SCANNER "attachment-scanner" [Held Waiting Condition] Here
    "添付ファイルを検査するコマンドが動きません" "the command that scans attachments does not work"
    "attachments.scanner のコマンドを、renkei のアカウントで実行して確かめてください。直ると自動で続きます。"
    "Run the command of attachments.scanner as the account of renkei to see why; it goes on by itself.";
    ATTACHMENT_QUEUED "attachment-queued" [Order] Nobody
    "添付ファイルを送信待ちにしました" "the attachment waits to be sent"
    "結果は画面か renkei history で確かめてください。"
    "The page and renkei history say how it went.";
    ATTACHMENT_WAITS "attachment-waits" [Order] Here
    "添付ファイルをいまは送れません" "the attachment cannot be sent at the moment"
    "署名用証明書、パソコンの時計、ディスクの空きを確かめて、もう一度操作してください。"
    "Check the signing certificate, the clock and the room on the disk, and try again.";
    ATTACHMENT_FOLDER "attachment-folder" [Condition] Here
    "送信用フォルダーの中に、添付ファイルの決まりに合わないフォルダーやファイルがあります" "there are folders or files in the drop folder that do not follow the rule of attachments"
    "「事業所番号／年-月／種類」の順にしてください。年-月と種類は省けます。"
    "The order is office number, YYYY-MM, kind of document; the last two may be left out.";
    ATTACHMENTS_STOPPED "attachments-stopped" [Condition] Here
    "添付ファイルの一部または全部の送信の準備が止まっています" "attachments, some or all, cannot be taken from the drop folder"
    "送信用フォルダーと作業用フォルダーのアクセス権と空き容量、attachments.scanner のコマンドを確かめてください。自動でやり直します。"
    "Check permissions and room of the drop and the work folder, and the command of attachments.scanner; it is tried again.";
    MANIFEST_MISMATCH "manifest-mismatch" [Held] Sender
    "送信側のソフトが書いた目録が、ファイルの内容と一致しません" "the manifest says otherwise than the files"
    "送信側のソフトウェアを確かめてください。"
    "Check the sending software.";
    CHANGED_AFTER_PACKING "changed-after-packing" [Held] Here
    "送信の手続きのあとでファイルが変えられました。相手に届くのは変えられる前の内容です" "the files were changed after they were packed; the partner gets what they were before"
    "不足があれば介護ソフトで出力し直してください。繰り返す場合は timing.settle を長くします。"
    "Export again if something is missing; if it happens again, make timing.settle longer.";
    OVERTAKEN_IN_DROP "overtaken-in-drop" [Held] Here
    "処理中に、同じ名前で中身の違うファイルが送信用フォルダーに入れられました。ここにあるのは古いほうです" "newer files of the same names came into the drop folder; these are the older ones"
    "古いほうが不要なら renkei hold dismiss で対応済みにしてください。"
    "If the older ones are not needed, settle them with renkei hold dismiss.";
    REJECTED "rejected" [Held] Sender
    "相手が受け取りを拒否しました" "the recipient rejected it"
    "報告の指摘を介護ソフトで直し、もう一度出力してください。"
    "Mend the findings of the report in the care software and export again.";
    REFUSED_FOR_GOOD "refused-for-good" [Held] Both
    "相手が受け付けないため、送信を止めました" "the partner does not accept it and never will as it is"
    "あわせて表示されるコードが相手の理由です。相手の側で直ったときは renkei retry で送り直し、そうでなければ、原因を直してもう一度出力してください。"
    "The code that stands with it is the partner's reason. When the partner has mended it, renkei retry sends it again; otherwise mend what is wrong and export again.";
    EXPIRED "expired" [Held] Both
    "期限までに相手の受領証が届きませんでした" "no receipt of the partner came in time"
    "相手の renkei が動いているか、届いたものを受け取れないと表示されていないか（mailbox-unreadable）、接続先の設定を相手と確かめてから、もう一度出力してください。"
    "Make sure with the partner that its renkei runs, can be reached and does not say that something cannot be taken (mailbox-unreadable), then export again.";
    IMPORT_NAME_TAKEN "import-name-taken" [Held] Recipient
    "取込フォルダーに同じ名前で中身の違うファイルがあります" "another file of the same name lies in the import folder"
    "受信側が、取込フォルダーのファイルを取り込むか別の場所に移し、renkei hold release を実行してください。"
    "The receiving side imports or moves the file in its import folder and runs renkei hold release.";
    IMPORT_FILE_UNREADABLE "import-file-unreadable" [Held] Recipient
    "取込フォルダーにある同じ名前のファイルを読み取れません" "the file of the same name in the import folder cannot be read"
    "受信側が、そのファイルのアクセス権を直すか別の場所に移し、renkei hold release を実行してください。"
    "The receiving side mends the permissions of that file or moves it, and runs renkei hold release.";
    RESTORED "restored" [Condition] Here
    "台帳をバックアップから戻しました" "the store was put back from a backup"
    "バックアップより後に送受信したものは記録にありません。介護ソフトに取り込まれているか、相手に届いているかを確かめ、足りないものは送り直してもらってください。"
    "What was exchanged after the backup is not in it: see whether it was imported here and there, and have sent again what is missing.";
    RESTORED_UNPLACED "restored-unplaced" [Held] Recipient
    "バックアップから戻したため、取込フォルダーに入れ終えたものかどうか分かりません" "the store was put back from a backup, so it may have been placed already"
    "受信側が、介護ソフトに取り込み済みかどうかを確かめてください。まだなら renkei hold release、取り込み済みなら何もしなくてかまいません。"
    "The receiving side looks whether the care software has it: if not, renkei hold release; if so, nothing has to be done.";
    ZIP_NOT_TAKEN "zip-not-taken" [Held] Here
    "ZIP ファイルの中身を取り出せません" "the files of a ZIP cannot be taken out of it"
    "パスワードなしの普通の ZIP に作り直すか、中のファイルを取り出して、送信用フォルダーに入れてください。ZIP は保留フォルダーにそのまま残っています。"
    "Pack it anew as an ordinary ZIP without a password, or take the files out of it, and put them into the drop folder. The ZIP lies in the hold folder as it was.";
    ACTUALS_NEED_WORD "actuals-need-word" [Held] Here
    "前に送った実績にあったサービスコードや加算が、この実績にはありません" "the actuals lack service codes or add-ons that were sent before"
    "記録ソフトの出力で請求ソフトの実績を消してしまうおそれがあります。なくなるものを確かめ、そのままでよければ「送る」（renkei hold release）、よくなければ「送らない」（renkei hold dismiss）を選んでください。"
    "An export of a records program may wipe out the actuals of the billing program. See what gets lost; send it if that is meant (renkei hold release), or settle it without sending (renkei hold dismiss).";
    LOSING_ACTUALS_CAME "losing-actuals-came" [Condition] Here
    "受け取った実績から、前にあったサービスコードや加算がなくなっています" "received actuals lack service codes or add-ons that they had before"
    "画面でそのパッケージを開き、なくなったものを確かめてください。誤りなら相手に送り直してもらいます。確かめたら「確認しました」を押してください。"
    "Open the package on the page and see what is gone. If it is a mistake, have the partner send it again. Then press the button that says that you have looked at it.";
    LOOKED_AT "looked-at" [Order] Nobody
    "確認済みにしました" "somebody has looked at it"
    "何もしなくてかまいません。"
    "Nothing is to be done.";
    DELETION_NEEDS_WORD "deletion-needs-word" [Held] Recipient
    "削除のデータなので、担当者が確かめるまで取り込みません" "it deletes data, so it is not imported before a person has looked at it"
    "受信側が内容を確かめて、取り込むなら renkei hold release、取り込まないなら renkei hold dismiss を実行してください。決まるまで、同じ相手の後のデータも待ちます。"
    "The receiving side looks at it and runs renkei hold release to let it in or renkei hold dismiss to refuse it. Until then what the same sender sent later waits.";
    IMPORT_PLAN_CHANGED "import-plan-changed" [Held] Recipient
    "取り込み用の写しを、前と同じ形に作れません" "the copies for the care software cannot be made again as they were"
    "この版の renkei では、途中まで置いた写しの続きを作れません。取込フォルダーを確かめ、相手にもう一度書き出して送ってもらい、renkei hold dismiss で対応済みにしてください。"
    "This version of renkei makes other copies than those that were begun. Look into the import folder, have the sender export it again, and dismiss this one.";
    PLACED_AS_COPIES "placed-as-copies" [Journal] Nobody
    "介護ソフトに合わせた写しを置きました" "copies that suit the care software were placed"
    "何もしなくてかまいません。受け取った元のファイルは台帳に残っています。"
    "Nothing is to be done. The files as they were received stay in the store.";
    PLACED_BEFORE "placed-before" [Journal] Nobody
    "先に別の経路で届いて置いたため、もう一度は置いていません" "placed before, as it came another way; not placed again"
    "何もしなくてかまいません。renkei と WEBサービスの両方から同じデータが届いています。"
    "Nothing is to be done. The same set came by renkei and by the WEB service.";
    PLACED_WHOLE "placed-whole" [Condition Journal] Here
    "介護ソフトに合わせた写しを作れないため、受け取ったまま置きました" "copies that suit the care software could not be made; the files were placed as received"
    "介護ソフトで正しく取り込めたかを確かめてください。"
    "See whether the care software imported them rightly.";
    TAKEN_BY_HAND "taken-by-hand" [Order Journal] Nobody
    "取り込んだと担当者が知らせました" "a person said that it was taken"
    "次のデータを取込フォルダーに置きます。"
    "The next set is placed.";
    NOTHING_AWAITED "nothing-awaited" [Order] Nobody
    "取り込みを待っているデータはありません" "nothing waits to be taken"
    "renkei status で確かめてください。"
    "See renkei status.";
    HANDED_BY_PERSON "handed-by-person" [Order Journal] Nobody
    "担当者が、相手に渡したと記録しました" "a person noted that it was handed over"
    "相手の受領証はありません。届いたかどうかは、必要に応じて相手に確かめてください。"
    "There is no receipt of the recipient: ask there where it matters whether it came.";
    NOT_HANDED "not-handed" [Order Journal] Here
    "担当者が、登録済み・送付済みの記録を取り消しました" "a person put it back: it was not handed over"
    "「アップロード待ち」に戻っています。相手に渡してから、もう一度、済みと記録してください。"
    "It waits to be handed over again. Note it again when it was.";
    HANDED_BEFORE "handed-before" [Order] Nobody
    "すでに登録済み・送付済みと記録されています" "it was noted as handed over before"
    "何もする必要はありません。"
    "There is nothing to do.";
    NOT_IN_OUTBOX "not-in-outbox" [Order] Nobody
    "アップロードや紙での送付を待っているものではありません" "it does not wait to be uploaded or sent on paper"
    "renkei outbox list で、待っているものを確かめてください。"
    "See renkei outbox list for what waits.";
    IMPORT_NOT_TAKEN "import-not-taken" [Condition] Here
    "介護ソフトが取込フォルダーのデータを取り込んでいないため、次を置けません" "the care software has not taken what lies in the import folder, so the next set waits"
    "介護ソフトで取り込むか、取り込み済みのファイルを移してください。ファイルを残したまま次へ進むときは renkei hold taken を実行します。"
    "Import it in the care software, or move the imported files away. To go on with the files left there, run renkei hold taken.";
    ZIP_WAITS "zip-waits" [Condition] Here
    "ZIP の中身を送信用フォルダーに出せないため、ほかのデータも待っています" "the files of a ZIP cannot be laid into the drop folder, and everything else there waits"
    "送信用フォルダーのあるディスクの空き容量と、アクセス権を確かめてください。直ると自動で続きます。"
    "Check the space of the disk with the drop folder, and the rights there. It goes on by itself.";
    DOWNLOAD_DIFFERS "download-differs" [Held] Here
    "同じ連番のデータを前に受け取っていますが、内容が違います" "data of the same file serial came before, with other contents"
    "前に受け取ったものと見比べてください。新しいほうを取り込むなら、前のファイルが取込フォルダーに残っていれば先に別の場所に移してから renkei hold release、取り込まないなら renkei hold dismiss を実行します。画面のボタンでもできます。"
    "Compare it with what came before. To import the new one, first move the former files away if they still lie in the import folder, then run renkei hold release; otherwise renkei hold dismiss. The page has buttons for both.";
    DOWNLOAD_HAS_ERRORS "download-has-errors" [Held] Here
    "ダウンロードしたデータに、標準仕様に合わないところがあります" "what was downloaded has errors"
    "画面の「保留」で誤りを確かめ、送信元に直して登録し直すよう頼んでください。それでも取り込むなら renkei hold release、取り込まないなら renkei hold dismiss を実行します。"
    "See the errors among what is held on the page, and have the sender mend them and upload anew. To import it all the same run renkei hold release, otherwise renkei hold dismiss.";
    DOWNLOAD_INCOMPLETE "download-incomplete" [Held] Here
    "送信単位のファイルがそろっていません" "files of the send unit are missing"
    "足りないファイルを WEBサービスからダウンロードしてください。そろえば自動で取り込みます。足りないまま取り込むなら renkei hold release、取り込まないなら renkei hold dismiss を実行します。"
    "Download the missing files from the WEB service; when all are there they are imported by themselves. To import it as it is run renkei hold release, otherwise renkei hold dismiss.";
    DOWNLOAD_COMPLETED "download-completed" [Held] Nobody
    "足りなかったファイルがそろったため、まとめて扱います" "the missing files came, and it goes on together with them"
    "何もしなくてかまいません。"
    "Nothing is to be done.";
    DOWNLOAD_DISMISSED "download-dismissed" [Held] Nobody
    "担当者が、取り込まないと決めました" "a person decided not to import it"
    "何もしなくてかまいません。ダウンロードしたファイルはそのまま残っています。"
    "Nothing is to be done. The files that were downloaded are still where they were.";
    DOWNLOADS_NOT_READ "downloads-not-read" [Condition] Here
    "ダウンロードのフォルダーを見られません" "the downloads folder cannot be looked into"
    "[[office]] の downloads のパスと、renkei を動かすアカウントに読み取りを許しているかを確かめてください。直ると自動で再開します。"
    "Check the path in downloads of [[office]], and that the account that runs renkei may read there. It goes on by itself.";
    DOWNLOAD_NOT_FOR_US "download-not-for-us" [Condition] Here
    "この事業所あてではないケアプランデータが、ダウンロードのフォルダーにあります" "care-plan data for another office lies in the downloads folder"
    "取り込んでいません。間違えてダウンロードしたものなら、フォルダーから削除してください。"
    "It is not imported. If it was downloaded by mistake, remove it from the folder.";
    DOWNLOAD_UNKNOWN_SENDER "download-unknown-sender" [Condition] Here
    "登録していない相手からのケアプランデータが、ダウンロードのフォルダーにあります" "care-plan data of a sender who is no partner lies in the downloads folder"
    "取り込んでいません。相手が正しければ、IT 担当の方に、WEBサービスの相手（channel = \"web\"）としての登録を頼んでください。登録すると自動で取り込みます。"
    "It is not imported. If the sender is right, register it as a [[peer]] with channel = \"web\"; then it is imported by itself.";
    DOWNLOAD_NOT_TAKEN "download-not-taken" [Condition] Here
    "ダウンロードしたケアプランデータの ZIP またはファイルを読み取れません" "a downloaded ZIP or file with care-plan data cannot be read"
    "途中で切れていないか、パスワードが付いていないか、大きすぎないか（limits.file_size、limits.package_size）、名前に見えない文字がないかを確かめ、もう一度ダウンロードしてください。"
    "See that it was not cut off, has no password, is not too large (limits.file_size, limits.package_size) and has no invisible characters in its name, and download it again.";
    DOWNLOAD_NOT_STORED "download-not-stored" [Condition] Here
    "ダウンロードしたデータを保存できません" "a downloaded set cannot be stored"
    "送信元に、介護ソフトからもう一度出力して登録し直すよう頼んでください。続く場合は、ログを添えて開発元に連絡してください。"
    "Have the sender export it again and upload it anew. If it goes on, report it with the log.";
    DOWNLOADS_TOO_MANY "downloads-too-many" [Condition] Here
    "ダウンロードのフォルダーに新しいファイルが多すぎて、全部は見られません" "the downloads folder has more new files than are looked at"
    "取り込みの済んだファイルと、要らない ZIP を、ほかのフォルダーに移すか削除してください。減ると自動で続きを取り込みます。"
    "Move away or delete what was imported and ZIPs that are not needed; it goes on by itself then.";
    RECALLED "recalled" [Held Order Journal] Nobody
    "送信側が取り戻しました" "the sender took it back"
    "取込フォルダーには入りません。送信側は、必要なら正しいものを出力し直して送ってください。"
    "It is not placed in the import folder. The sender exports and sends the right one if there is one.";
    RECALL_ASKED "recall-asked" [Order Journal] Time
    "取り戻しを依頼しました" "the partner is asked to give it back"
    "相手の renkei が返事をするまで、自動で依頼し続けます。急ぐときは相手に電話してください。"
    "It is asked again by itself until the partner's renkei answers. If it is urgent, ring up the partner.";
    RECALL_UNDER_WAY "recall-under-way" [Order Journal] Time
    "取込フォルダーへの配置が始まっているため、取り戻せない見込みです" "it is being placed, so it is probably too late"
    "相手の返事を待っています。急ぐときは相手に電話してください。"
    "The partner's answer is awaited. If it is urgent, ring up the partner.";
    RECALL_TOO_LATE "recall-too-late" [Order Journal] Sender
    "取り戻しは間に合いませんでした。すでに相手の取込フォルダーに入っています" "too late to be taken back: it is in the partner's import folder"
    "相手に電話で伝え、取り込まないか、取り込んだものを消してもらってください。介護ソフトから削除のファイルを出力して送ることもできます。"
    "Ring up the partner: have it not imported, or removed. The care software can also export a deletion set to be sent.";
    RECALL_UNSUPPORTED "recall-unsupported" [Waiting Order Journal] Both
    "相手または中継サーバーのソフトウェアが取り戻しに対応していません" "the software of the partner or of the relay takes no recalls"
    "相手に電話で伝え、取り込まないよう頼んでください。"
    "Ring up the partner and ask that it be not imported.";
    RECALL_UNANSWERED "recall-unanswered" [Journal] Both
    "取り戻しの依頼に、期限までに返事がありませんでした" "the request to give it back was not answered in time"
    "相手に電話で確かめてください。"
    "Ring up the partner.";
    TAKEN_BACK "taken-back" [Order Journal] Nobody
    "送る前に取りやめました。相手には何も送っていません" "taken back before it was sent; the partner has nothing of it"
    "必要なら、介護ソフトから正しいものを出力し直してください。"
    "Export the right one from the care software if there is one.";
    LEFT_OUTBOX "left-outbox" [Order Journal] Sender
    "「アップロード待ち」から外しました。renkei からは渡しません" "taken out of what waits to be handed over"
    "すでに WEBサービスに登録した、または紙で送ったあとなら、相手には届きます。WEBサービスで取り消すか、相手に電話で伝えてください。"
    "If it was uploaded or sent on paper already, the partner gets it: take it back in the WEB service, or ring up the partner.";
    NOT_RECALLABLE "not-recallable" [Order] Nobody
    "取り戻せる状態のものではありません" "it is in no state in which it could be taken back"
    "画面の「送信」か renkei history で状態を確かめてください。取り戻せるのは、自分の事業所が送った、まだ取込フォルダーに入っていないものだけです。"
    "See what was sent on the page, or renkei history: only what was sent from here and is not yet in the import folder of the partner can be taken back.";
    DISMISSED_BY_RECIPIENT "dismissed-by-recipient" [Held] Sender
    "相手の担当者が受け取らないと決めました" "a person at the recipient dismissed it"
    "理由を相手に確かめてください。"
    "Ask the partner why.";
    NO_LONGER_KEPT "no-longer-kept" [Held Store Order] Sender
    "保存期間を過ぎ、パッケージが残っていません" "the package is no longer kept"
    "受領証と記録は残っています。必要なら送信側が出力し直してください。"
    "Receipts and records are still there; the sender exports again if it is needed.";
    RELEASED "released" [Order Journal] Nobody
    "もう一度検査または配置します" "it is checked or placed again"
    "結果は renkei status と renkei history で確かめてください。"
    "renkei status and renkei history say how it went.";
    CORRECTED "corrected" [Order Journal] Nobody
    "直した写しをもう一度検査します" "corrected copies are checked again"
    "結果は renkei status と renkei history で確かめてください。元のファイルは保留フォルダーの original に残っています。"
    "renkei status and renkei history say how it went; the files as they were are in original in the hold folder.";
    NOT_CORRECTED "not-corrected" [Order] Here
    "自動では直せません" "it cannot be corrected by itself"
    "介護ソフトで直し、もう一度書き出してください。"
    "Mend it in the care software and export again.";
    DISMISSED "dismissed" [Order Journal] Nobody
    "対応済みにしました" "it was settled by a person"
    "何もする必要はありません。"
    "Nothing is to be done.";
    FOLDER_REMOVED "folder-removed" [Journal] Nobody
    "保留フォルダーが削除されたため、対応済みとしました" "its folder was removed, so it counts as settled"
    "何もする必要はありません。"
    "Nothing is to be done.";
    HELD_AGAIN "held-again" [Journal] Nobody
    "同じファイルがもう一度保留になりました" "the same files are held again"
    "新しいほうの保留を見てください。"
    "See the newer one.";
    SENT_AGAIN "sent-again" [Journal] Nobody
    "同じ連番が改めて送られたため、対応済みとしました" "the same serial was sent again, so it counts as settled"
    "何もする必要はありません。"
    "Nothing is to be done.";
    ARRIVED_LATE "arrived-late" [Journal] Nobody
    "送信を取りやめた後で、相手の受領証が届きました" "the receipt came after it was given up"
    "ファイルは届いています。もう一度送る必要はありません。"
    "The files have arrived and need not be sent again.";
    RESEND "resend" [Journal] Time
    "相手が失ったパッケージを送り直します" "the recipient lost the package; it is sent again"
    "何もする必要はありません。"
    "Nothing is to be done.";

    RETRIED "retried" [Order Journal] Time
    "送信待ちを、すぐに送り直します" "what waits is tried at once"
    "結果は renkei status で確かめてください。"
    "renkei status says how it went.";
    NOTHING_TO_RETRY "nothing-to-retry" [Order] Nobody
    "送信待ちのパッケージはありません" "nothing waits to be sent"
    "renkei history で状態を確かめてください。"
    "renkei history says what became of it.";
    RELOADING "reloading" [Order] Time
    "証明書と失効リストを読み直します" "certificates and lists are read again"
    "結果はログと renkei status で確かめてください。"
    "The log and renkei status say how it went.";
    COPIED "copied" [Order] Nobody
    "ほかの相手にも送ります" "its files go to other partners too"
    "検査してから送ります。結果は送信の一覧で確かめてください。"
    "They are checked and sent; the list of what was sent says how it went.";
    COPIED_BEFORE "copied-before" [Order] Nobody
    "すでに送信中か、送信済みです" "it is under way already, or has arrived"
    "何もする必要はありません。"
    "Nothing is to be done.";
    NOT_COPIED "not-copied" [Order] Here
    "その相手あてのファイルにできません" "it cannot be made one for this partner"
    "介護ソフトから、その相手あてに書き出してください。"
    "Export it for this partner in the care software.";
    FILES_CHANGED "files-changed" [Order] Here
    "画面を開いてからファイルが変わりました" "the files have changed since somebody saw them"
    "何も直していません。変更する内容を確かめて、もう一度操作してください。"
    "Nothing was corrected. See the changes and try again.";
    RECORDED "recorded" [Order] Nobody
    "閲覧記録に書きました" "it is noted in the record of views"
    "何もする必要はありません。"
    "Nothing is to be done.";
    CONFIGURATION_APPLIED "configuration-applied" [Order] Nobody
    "設定の変更を反映しました" "changes of the configuration were taken up"
    "何もする必要はありません。"
    "Nothing is to be done.";
    CONFIGURATION_NOT_APPLIED "configuration-not-applied" [Condition Order] Here
    "設定の変更に誤りがあるため、変更前の設定のまま動いています" "a change of the configuration is wrong: the former one stays in force"
    "示された箇所を直してください。保存すると自動で反映します。"
    "Mend what is named; it is taken up by itself when it is saved.";
    RESTART_NEEDED "restart-needed" [Condition] Here
    "再起動すると反映される設定の変更があります" "changes of the configuration wait for a restart"
    "都合のよいときに renkei を起動し直してください。送受信は続いています。"
    "Start the node again when it suits; the exchange goes on.";
    QUEUED_WITHOUT_PARTNER "queued-without-partner" [Condition] Here
    "設定にない相手あての送信待ちがあります" "packages wait for a partner that is not in the configuration"
    "相手を設定に戻すと送ります。戻さない場合は期限が来ると保留フォルダーに移ります。"
    "They are sent when the partner is back in the configuration, and held when their time is over.";
    UNPLACED_WITHOUT_OFFICE "unplaced-without-office" [Condition] Here
    "設定にない自事業所あての、配置待ちのファイルがあります" "received packages wait for an office that is not in the configuration"
    "その事業所を設定に戻すと配置します。"
    "They are placed when the office is back in the configuration.";
    PAGE_OPENED "page-opened" [Order] Nobody
    "ブラウザーで画面を開きます" "the page opens in the browser"
    "何もする必要はありません。"
    "Nothing is to be done.";
    NO_PAGE "no-page" [Order] Here
    "この renkei は画面を表示していません" "this node serves no page"
    "設定ファイルに [page] を書いて、renkei を起動し直してください。"
    "Write [page] into the configuration and start the node again.";
    NAMES_UNREADABLE "names-unreadable" [Condition] Here
    "コードの名前の一覧を使えません" "a list of names of codes cannot be used"
    "[page] service_codes・insurer_codes のファイルを確かめ、直して起動し直してください。送受信は続いています。"
    "See the files of [page] service_codes and insurer_codes, mend them and start again. The exchange goes on.";
    PAGE_ENDED "page-ended" [Condition] Here
    "画面が止まりました" "the page has ended"
    "renkei を起動し直してください。送受信は続いています。"
    "Start the node again. The exchange goes on.";
    PAGE_CANNOT_LISTEN "page-cannot-listen" [Condition] Here
    "画面を表示できません" "the page cannot be served"
    "[page] listen のポートをほかのプログラムが使っていないか確かめ、空いているポートに変えて起動し直してください。送受信は続いています。"
    "See whether another program uses the port of [page] listen; choose a free one and start again. The exchange goes on.";
    PAGE_CERTIFICATE_UNUSABLE "page-certificate-unusable" [Condition] Here
    "画面の証明書を使えません" "the certificate of the page cannot be used"
    "[page] の certificate と key のファイルを確かめ、正しいものに置き換えてください。起動時に使えなかったときは、置き換えてから起動し直してください。送受信は続いています。"
    "Check the files of certificate and key of [page] and put the right ones there. If they could not be used at the start, start again then. The exchange goes on.";
    USERS_UNREADABLE "users-unreadable" [Condition] Here
    "画面のユーザーの登録を読めません" "who may log in to the page cannot be read"
    "データフォルダーの users/users.json と users/tokens.json、そのアクセス権を確かめてください。直るまで、だれもパスワードではログインできません。renkei open では開けます。"
    "Check users/users.json and users/tokens.json in the data folder and who may read it. Until then nobody logs in with a password; renkei open opens the page.";
    AUDIT_NOT_KEPT "audit-not-kept" [Condition] Here
    "画面の閲覧記録を書けません" "who looks at personal data cannot be written down"
    "データフォルダーのディスクの空きを確かめてください。書けるようになると、待っている記録を書きます。"
    "Check whether the disk of the data folder is full. When it can be written again, what waits is written.";
    NOT_HELD "not-held" [Order] Here
    "その ID で保留中のものはありません" "nothing of this id is held"
    "renkei hold list で ID を確かめてください。"
    "See renkei hold list for the id.";
    NO_FOLDER "no-folder" [Order] Here
    "保留フォルダーの場所が分かりません" "the hold folder of the office is not known"
    "その事業所が設定ファイルにあるか確かめてください。"
    "Check that the office is in the configuration.";
    FILES_GONE "files-gone" [Order] Nobody
    "保留フォルダーにファイルが残っていません" "no files are left in the hold folder"
    "対応済みとして扱います。"
    "It counts as settled.";
    PACKAGE_LOST "package-lost" [Order] Both
    "保存したパッケージを読み取れません" "the stored package cannot be read"
    "相手に renkei retry での送り直しを頼むか、renkei hold dismiss で対応済みにしてください。"
    "Ask the sender for renkei retry with its id, or dismiss it.";
    PACKAGE_UNREADABLE "package-unreadable" [Order] Here
    "保存したパッケージを、いまは読み取れません" "the stored package cannot be read at the moment"
    "データフォルダーのディスクを確かめて、もう一度実行してください。"
    "Check the disk of the data folder and try again.";
    DROP_NAME_TAKEN "drop-name-taken" [Order] Here
    "送信用フォルダーに、中身の違う同じ名前のファイルがあります" "other files of the same names are in the drop folder"
    "送信用フォルダーのファイルが処理されてから、もう一度実行してください。"
    "Try again when the files in the drop folder were taken.";
    SIGNING_FAILED "signing-failed" [Order Held] Here
    "受領証に署名できませんでした" "a receipt could not be signed"
    "証明書の状態を renkei status で確かめてください。"
    "renkei status says how the certificates are.";
    NOT_AN_ORDER "not-an-order" [Order] Maker
    "指示を読み取れません" "the order cannot be read"
    "renkei のコマンドと、動いている renkei の版をそろえてください。"
    "Use the same version of renkei for commands and node.";

    PARTNER_UNREACHABLE "partner-unreachable" [Condition] Both
    "相手につながらないため、パッケージが待っています" "packages wait because the partner cannot be reached"
    "自動で送り直します。続く場合は、かっこ内のコードの説明を見てください。"
    "It is tried again by itself; if it goes on, look up the code that stands with it.";
    RELAY_UNREACHABLE "relay-unreachable" [Condition] Both
    "中継サーバーにつながりません" "the relay cannot be reached"
    "自動でつなぎ直します。続く場合は、インターネットの接続と、中継サーバーの管理者に確かめてください。"
    "It is tried again by itself; if it goes on, look at the line and ask the operator of the relay.";
    RELAY_REFUSES "relay-refuses" [Condition] Both
    "中継サーバーがこの事業所を受け付けません" "the relay does not serve this office"
    "中継サーバーの管理者にこの事業所の登録を頼み、[[relay]] の証明書の値を確かめてください。"
    "Have the operator of the relay register the office, and check the certificates in [[relay]].";
    MAILBOX_UNREADABLE "mailbox-unreadable" [Condition] Both
    "中継サーバーや相手に届いているものを受け取れません" "what waits at a relay or a partner cannot be taken"
    "かっこ内のコードの説明を見て、相手に連絡してください。相手の画面には受領証が届かないことだけが、しばらくたってから表示されます（partner-silent）。"
    "Look up the code that stands with it, and call the partner: its page only says, after some time, that no receipt comes (partner-silent).";
    MAILBOX_PAUSED "mailbox-paused" [Condition] Both
    "送った人を確かめられないものが多すぎるため、取りに行くのを休んでいます" "nothing is fetched for a while, as too much there was made by nobody knows whom"
    "しばらくすると自動で再開します。続く場合は、中継サーバーの管理者、または相手に知らせてください。"
    "It goes on by itself after a while; if it comes again, tell the operator of the relay, or the partner.";
    PARTNER_SILENT "partner-silent" [Condition] Both
    "相手が取りに来るものに、受領証が届きません" "no receipt comes for what a partner has to fetch"
    "相手に電話して、renkei が動いているか、届いたものを受け取れないと表示されていないか（mailbox-unreadable）を確かめてください。表示されていれば、介護ソフトからもう一度出力して送ってください。"
    "Ring up the partner: does its node run, and does it say that something cannot be taken (mailbox-unreadable)? If it does, export it once more.";
    PARTNER_REFUSES "partner-refuses" [Condition] Both
    "相手が受け取らないため、パッケージが待っています" "packages wait because the partner refuses them"
    "かっこ内のコードの説明を見て、必要なら相手に連絡してください。"
    "Look up the code that stands with it, and call the partner if needed.";
    PARTNER_CERTIFICATE_REFUSED "partner-certificate-refused" [Condition] Here
    "相手の名義の証明書を受け付けていません" "a certificate in the name of a partner is not accepted"
    "表示された SHA-256 を相手に電話などで確かめ、正しければ [[peer]] の登録を直してください。心当たりがなければ、何もする必要はありません。"
    "Ask the partner for the SHA-256 that is shown, and mend [[peer]] if it is right; if nobody knows of it, nothing is to be done.";
    STRANGER_CERTIFICATE_REFUSED "stranger-certificate-refused" [Condition] Here
    "登録されていない証明書での接続を断りました" "a connection with a certificate that is not registered was refused"
    "相手がこちらに送れないと言うときは、表示された SHA-256 を相手に電話などで確かめ、[[peer]] の tls_certificates に登録してください。心当たりがなければ、何もする必要はありません。"
    "If a partner says that it cannot send, ask it for the SHA-256 that is shown and register it in tls_certificates of [[peer]]; if nobody knows of it, nothing is to be done.";
    PEER_CANNOT_WORK "peer-cannot-work" [Condition Start] Here
    "登録した相手と送受信できない設定です" "nothing can be exchanged with a configured partner"
    "[[peer]] に tls_certificates と signing_certificates の両方を書くか、相手の証明書の認証局を tls.roots に書いてください。"
    "Give the [[peer]] both tls_certificates and signing_certificates, or put the authority of its certificates into tls.roots.";
    CLOCK_IN_DOUBT "clock-in-doubt" [Refusal Condition] Here
    => Unavailable "The clock of the recipient leapt and has to be confirmed first; come again."
    "パソコンの時計が急に変わったため、正しいと確かめられるまで送受信などを止めています" "the clock leapt, so sending and receiving pause until it is confirmed"
    "そのパソコンの日付と時刻を直してください。確かめられると自動で続きます。"
    "Set date and time of that computer; it goes on by itself when the clock is confirmed.";
    PARTNER_CLOCK_DIFFERS "partner-clock-differs" [Condition] Both
    "相手の受領証の日時が、こちらの時計と合いません" "the time of a partner's receipt does not fit our clock"
    "受領証は有効ですが、証拠に誤った日時が残ります。双方のパソコンの日付と時刻を確かめてください。"
    "The receipt counts, but proof has a wrong time in it: set date and time on both computers.";
    RELAY_CLOCK_DIFFERS "relay-clock-differs" [Condition] Both
    "中継サーバーの時計が、こちらの時計と合いません" "the clock of a relay does not fit ours"
    "パソコンの日付と時刻を確かめ、正しければ中継サーバーの管理者に知らせてください。"
    "Check date and time of this computer; if they are right, tell the operator of the relay.";
    SUPERSEDED_ARRIVED "superseded-arrived" [Condition] Both
    "作り直す前のパッケージも相手に届いていました" "the partner has the former one of a package that was made anew as well"
    "二重に取り込まれていないか、相手に確かめてください。"
    "Ask the partner whether it was imported twice.";
    FEW_OPEN_FILES "few-open-files" [Condition] Here
    "同時に開けるファイルの数が少なく、接続を減らしています" "the limit of open files allows fewer connections"
    "上限（ulimit -n、LimitNOFILE）を大きくして起動し直してください。"
    "Raise it (ulimit -n, LimitNOFILE) and start again.";
    TASK_STANDS_STILL "task-stands-still" [Condition] Here
    "処理が進んでいません" "a task stands still"
    "ディスクや共有フォルダーが応答しているか確かめ、直らなければ renkei を再起動してください。"
    "See whether disks and shares answer, and restart renkei if it stays so.";
    TASK_RESTARTS "task-restarts" [Condition] Maker
    "処理が異常終了し、自動でやり直しています" "a task ended by a fault of the program and is begun anew"
    "続く場合は、ログを添えて開発元に連絡してください。"
    "If it goes on, report it with the log.";
    MAIL_NOT_SENT "mail-not-sent" [Condition] Here
    "メールを送れません" "mails cannot be sent"
    "表示された理由を見て、設定の [mail] を直して起動し直してください。renkei mail test で確かめられます。パスワードのファイルを置き換えたときや、メールサーバーが直ったときは、自動で送ります。送受信は続いています。"
    "See the reason beside it, mend [mail] and start again; renkei mail test tries it. After the file of the password was replaced, or when the mail server is well again, it goes on by itself. The exchange goes on.";
    BACKUP_NOT_MADE "backup-not-made" [Condition] Here
    "自動バックアップを作れません" "no backup can be made"
    "表示された理由を見て、フォルダー・ディスクの空き・パスフレーズのファイル（設定の [backup]）を確かめてください。直ると自動で作ります。送受信は続いています。"
    "See the reason beside it: the folder, its free space, the file of the passphrase ([backup]). It goes on by itself when that is mended. The exchange goes on.";
    BACKUP_OLD "backup-old" [Condition] Here
    "2 日以上、バックアップを作れていません" "there is no good backup of the last two days"
    "画面の「バックアップ」か renkei doctor で理由を確かめ、直してください。"
    "See why under Backups on the page or with renkei doctor, and mend it.";
    CONTROL_UNREADABLE "control-unreadable" [Condition] Here
    "コマンドの指示を受け取れません" "commands are not heard"
    "データフォルダーの control フォルダーのアクセス権を確かめてください。"
    "Check the permissions of the folder control in the data folder.";
    OUTCOME_NOT_SHOWN "outcome-not-shown" [Condition] Here
    "送信の結果を送信済みフォルダーまたは保留フォルダーに書き込めません" "outcomes cannot be laid into the sent or the hold folder"
    "空き容量とアクセス権を確かめてください。直ると自動で続きます。"
    "Check room and permissions; it goes on by itself.";
    PACKING_WAITS "packing-waits" [Condition] Here
    "署名できないため、ファイルを送信用フォルダーに置いたまま待っています" "files stay in the drop folder because nothing can be signed"
    "署名用の証明書の期限とパソコンの時計を確かめてください。"
    "Check the signing certificate and the clock.";
    PACK_FAILED "pack-failed" [Condition] Maker
    "パッケージを作れません" "the package cannot be made"
    "ログを添えて開発元に連絡してください。"
    "Report it with the log.";
    PLACING_STOPPED "placing-stopped" [Condition] Here
    "受信したファイルを配置できません" "received files cannot be placed"
    "取込フォルダーのアクセス権と空き容量を確かめてください。自動でやり直します。"
    "Check permissions and room of the import folder; it is tried again.";
    WORK_FOLDER_MADE_ANEW "work-folder-made-anew" [Condition] Here
    "作業用フォルダーがなくなっていたため、作り直しました" "the work folder was gone and was made anew"
    "介護ソフトの送信済みの一覧と renkei history を見比べてください。"
    "Compare what the care software exported with renkei history.";
    DROP_FILE_IN_USE "drop-file-in-use" [Condition] Here
    "送信用フォルダーのファイルを、ほかのソフトが書き込み中のまま閉じていません" "another program keeps a file in the drop folder open"
    "そのソフトを閉じるか、ファイルを出力し直してください。"
    "Close that program or export the file again.";
    DROP_NAME_NOT_UNICODE "drop-name-not-unicode" [Condition Folder] Here
    "ファイル名の文字コードが正しくありません" "a file name is not Unicode"
    "ファイルを介護ソフトから出力し直してください。"
    "Export the file again.";
    DROP_NAME_EMPTY "drop-name-empty" [Condition Folder] Here
    "ファイル名がありません" "a file name is empty"
    "ファイルを介護ソフトから出力し直してください。"
    "Export the file again.";
    DROP_NAME_CONTROL_CHARACTER "drop-name-control-character" [Condition Folder] Here
    "ファイル名に制御文字が含まれています" "a control character in a file name"
    "ファイルを介護ソフトから出力し直してください。"
    "Export the file again.";
    DROP_NAME_INVISIBLE "drop-name-invisible" [Condition Folder] Here
    "ファイル名に見えない文字が含まれています" "an invisible character in a file name"
    "ファイルを介護ソフトから出力し直してください。"
    "Export the file again.";
    DROP_NAME_FORBIDDEN_CHARACTER "drop-name-forbidden-character" [Condition Folder] Here
    "ファイル名に使えない文字が含まれています" "a forbidden character in a file name"
    "ファイルを介護ソフトから出力し直してください。"
    "Export the file again.";
    DROP_NAME_TRAILING "drop-name-trailing" [Condition Folder] Here
    "ファイル名の最後がピリオドまたは空白です" "a file name ends in a dot or a space"
    "ファイルを介護ソフトから出力し直してください。"
    "Export the file again.";
    DROP_NAME_DEVICE "drop-name-device" [Condition Folder] Here
    "Windows の予約語のファイル名です" "a device name of Windows"
    "ファイルを介護ソフトから出力し直してください。"
    "Export the file again.";
    DROP_NAME_TOO_LONG "drop-name-too-long" [Condition Folder] Here
    "ファイル名が長すぎます" "a file name is too long"
    "ファイルを介護ソフトから出力し直してください。"
    "Export the file again.";
    DROP_NAME_NOT_OF_THE_STANDARD "drop-name-not-of-the-standard" [Condition Folder] Here
    "標準仕様のファイル名ではありません" "the name is none of the standard"
    "ファイルを介護ソフトから出力し直してください。"
    "Export the file again.";
    DROP_LINK "drop-link" [Condition Folder] Here
    "リンク（ショートカット）は扱いません" "a link is not taken"
    "ファイルそのものを置いてください。"
    "Put the file itself there.";
    DROP_FOLDER_INSIDE "drop-folder-inside" [Condition Folder] Here
    "フォルダーの中は見ません" "folders are not looked into"
    "ファイルを直接置いてください。"
    "Put the files themselves there.";
    DROP_SPECIAL_FILE "drop-special-file" [Condition Folder] Here
    "通常のファイルではありません" "not a plain file"
    "ファイルそのものを置いてください。"
    "Put plain files there.";

    CERTIFICATE_UNUSABLE "certificate-unusable" [Certificates Start] Here
    "証明書または秘密鍵のファイルを使えません" "a file with a certificate or key cannot be used"
    "表示されたパスのファイルを確かめてください。"
    "Look at the file of the path that is shown.";
    SIGNER_UNUSABLE "signer-unusable" [Certificates Start] Here
    "署名用の証明書と秘密鍵を使えません" "signing certificate and key cannot be used"
    "signing_certificate と signing_key の組み合わせを確かめてください。"
    "Check that signing_certificate and signing_key belong together.";
    OWN_CERTIFICATE_UNKNOWN_REVOCATION "own-certificate-unknown-revocation" [Certificates] Here
    "自分の証明書の失効を確認できません" "revocation of an own certificate cannot be checked"
    "自分の認証局の新しい失効リストを tls.revocation_lists に置いてください。"
    "Put the new list of the own authority into tls.revocation_lists.";
    OWN_CERTIFICATE_OTHER_NAME "own-certificate-other-name" [Certificates Start] Here
    "自分の証明書の名義（CN）が、設定の事業所番号と違います" "the common name of an own certificate is not the configured office"
    "番号の書き間違いか、別の事業所の証明書でないか確かめてください。"
    "Look for a mistyped number or the certificate of another office.";
    OWN_CERTIFICATE_TO_REGISTER "own-certificate-to-register" [Certificates Start] Partner
    "自分の証明書は、SHA-256 を登録した相手だけが受け入れます" "partners accept an own certificate only where they have registered it"
    "tls.roots が正しい認証局か確かめてください。登録で送受信する場合は、renkei certs show の SHA-256 を相手に伝え、登録してもらいます。"
    "Check that tls.roots is the right authority; else give the SHA-256 of renkei certs show to the partners, who have to register it.";
    CERTIFICATE_ENDS_WITHIN_90_DAYS "certificate-ends-within-90-days" [Certificates] Here
    "証明書の期限まで 90 日以内です" "a certificate ends within 90 days"
    "表示されたとおりに更新を進めてください。自分で作った証明書の次のものと、認証局に出す要求（CSR）は、自動で用意されます。"
    "Go on with the renewal as is shown. The next self-made certificate, or the request (CSR) for the authority, is made by itself.";
    CERTIFICATE_ENDS_WITHIN_60_DAYS "certificate-ends-within-60-days" [Certificates] Here
    "証明書の期限まで 60 日以内です" "a certificate ends within 60 days"
    "表示されたとおりに更新を進めてください。認証局の発行には日数がかかることがあります。"
    "Go on with the renewal as is shown. An authority may take its time.";
    CERTIFICATE_RENEWAL_FAILED "certificate-renewal-failed" [Certificates] Here
    "証明書の更新を進められません" "the renewal of a certificate does not go on"
    "表示されたファイルを確かめてください。鍵のフォルダーに renkei が書き込めることも必要です。"
    "Look at the file that is shown. renkei also has to be able to write into the folder of the keys.";
    CERTIFICATE_ENDS_WITHIN_30_DAYS "certificate-ends-within-30-days" [Certificates] Here
    "証明書の期限まで 30 日以内です" "a certificate ends within 30 days"
    "新しい証明書を準備してください。"
    "Get a new one.";
    CERTIFICATE_ENDS_WITHIN_7_DAYS "certificate-ends-within-7-days" [Certificates] Here
    "証明書の期限まで 7 日以内です" "a certificate ends within 7 days"
    "新しい証明書に置き換えてください。"
    "Put a new one in its place.";
    CERTIFICATE_ENDS_WITHIN_1_DAY "certificate-ends-within-1-day" [Certificates] Here
    "証明書の期限まで 1 日以内です" "a certificate ends within a day"
    "すぐに新しい証明書に置き換えてください。"
    "Put a new one in its place at once.";
    REVOCATION_LIST_UNUSABLE "revocation-list-unusable" [Certificates] Here
    "失効リストを使えません" "a revocation list cannot be used"
    "表示されたパスに、正しい失効リスト（CRL）を置いてください。"
    "Put the right list (CRL) at the path that is shown.";
    REVOCATION_LIST_NOT_FETCHED "revocation-list-not-fetched" [Condition] Time
    "失効リストを取り寄せられません" "a revocation list does not come"
    "自動で取り寄せ直します。続く場合は、tls.revocation_list_urls のアドレス、このパソコンからその配布元につながるか、その認証局の証明書が tls.roots にあるかを確かめてください。これまでのリストは、期限と猶予の間は使えます。"
    "It is fetched again by itself. If it goes on, check the address in tls.revocation_list_urls, whether this computer can reach it, and that the certificate of its authority is in tls.roots. The list that is there serves until its end and grace are over.";
    REVOCATION_LIST_AHEAD "revocation-list-ahead" [Certificates] Here
    "失効リストの作成日時が、パソコンの時計より先です" "a revocation list was made after the time of the clock"
    "パソコンの日付と時刻を確かめてください。"
    "Check the clock of the computer.";
    REVOCATION_LIST_ENDS_WITHIN_7_DAYS "revocation-list-ends-within-7-days" [Certificates] Here
    "失効リストの期限まで 7 日以内です" "a revocation list ends within 7 days"
    "それまでに新しいリストに置き換えてください。"
    "Put the next one in its place before.";
    REVOCATION_LIST_ENDS_WITHIN_1_DAY "revocation-list-ends-within-1-day" [Certificates] Here
    "失効リストの期限まで 1 日以内です" "a revocation list ends within a day"
    "すぐに新しいリストに置き換えてください。"
    "Put the next one in its place soon.";
    REVOCATION_LIST_ENDS_WITHIN_HOURS "revocation-list-ends-within-hours" [Certificates] Here
    "失効リストの期限まで 6 時間以内です" "a revocation list ends within 6 hours"
    "すぐに新しいリストに置き換えてください。"
    "Put the next one in its place at once.";
    REVOCATION_LIST_OUT_OF_DATE "revocation-list-out-of-date" [Certificates] Here
    "失効リストの期限が過ぎました" "a revocation list has ended"
    "猶予の終わりまでに新しいリストに置き換えてください。"
    "Put the new list in its place before the grace is over.";
    REVOCATION_LIST_REFUSES "revocation-list-refuses" [Certificates] Here
    "失効リストの期限と猶予を過ぎ、その認証局の証明書をすべて断っています" "the grace of a list is over, and all certificates of its authority are refused"
    "新しいリストに置き換えてください。"
    "Put the new list in its place.";
    REVOCATION_UNKNOWN_ISSUER "revocation-unknown-issuer" [Certificates] Here
    "失効リストのない認証局の証明書を、失効を確認せずに受け入れています" "certificates of an authority are accepted without knowing their revocation"
    "その認証局のリストを tls.revocation_lists に加えてください。"
    "Add the list of the authority to tls.revocation_lists.";

    TRUST_UNUSABLE "trust-unusable" [Start] Here
    "認証局の証明書を使えません" "the certificates of authorities cannot be used"
    "tls.roots のファイルを確かめてください。"
    "Look at the files of tls.roots.";
    TLS_UNUSABLE "tls-unusable" [Start] Here
    "TLS の証明書と秘密鍵を使えません" "TLS certificate and key cannot be used"
    "tls.certificate と tls.key の組み合わせを確かめてください。"
    "Check that tls.certificate and tls.key belong together.";
    CANNOT_LISTEN "cannot-listen" [Start] Here
    "接続を待ち受けられません" "the address cannot be listened on"
    "node.listen の IP アドレスがこのパソコンのものか、ほかのソフトがポートを使っていないか確かめてください。"
    "Check that the address of node.listen is one of this computer and that no other program uses the port.";
    FOLDERS_NOT_APART "folders-not-apart" [Start] Here
    "分けるべきフォルダーが、同じか、一方が他方の中にあります" "folders that must be apart are one, or one in the other"
    "別のフォルダーを指定してください。"
    "Name another folder.";
    SERVICE_TYPE_UNKNOWN "service-type-unknown" [Start] Here
    "標準仕様にないサービス種類コードです" "a service type that the standard does not know"
    "service_types を直してください（居宅介護支援は 43、訪問介護は 11 など）。"
    "Mend service_types (43 for care management, 11 for home help).";
    PEER_IS_OWN_OFFICE "peer-is-own-office" [Start] Here
    "相手の番号が自事業所と同じです" "a partner has the number of the own office"
    "[[peer]] の office か [[office]] の number を直してください。"
    "Mend office of [[peer]] or number of [[office]].";
    PEER_HAS_OWN_CERTIFICATE "peer-has-own-certificate" [Start] Here
    "相手の証明書として、自分の証明書が登録されています" "an own certificate is registered for a partner"
    "相手の証明書の SHA-256（相手側の renkei certs show で表示）を聞いて、[[peer]] に書いてください。自分の値は相手に伝えます。"
    "Ask the partner for the SHA-256 of its certificate (renkei certs show there) and put it into [[peer]]; the own one is for the partner to register.";
    PEERS_SHARE_CERTIFICATE "peers-share-certificate" [Start] Here
    "接続先の違う 2 つの相手に、同じ証明書が登録されています" "two partners at different addresses have the same certificate"
    "どちらかの書き間違いでないか、相手に SHA-256 を確かめてください。"
    "Ask the partners for the SHA-256; one of them may be a mistake.";
    NO_PEER "no-peer" [Start] Here
    "相手の事業所が登録されていません" "no partner is configured"
    "相手と証明書の値を交換し、[[peer]] を書き加えてください。"
    "Exchange certificates or their values with a partner and add a [[peer]].";
    PEER_COLLECTS "peer-collects" [Start] Here
    "相手への接続先がなく、相手がこちらに取りに来ます" "there is no address of the partner; it collects from us"
    "相手の設定に、こちらの接続先（url）が必要です。そうでなければ、相手の url か relay を書いてください。"
    "The partner's node needs our address (url); otherwise write url or relay of the partner.";
    PEER_WITHOUT_WAY "peer-without-way" [Start] Here
    "相手に届ける経路がありません" "there is no way to the partner"
    "相手の url か、双方で使う中継サーバー（[[relay]] と相手の relay）、またはこちらの node.listen のどれかを書いてください。"
    "Write the url of the partner, a relay that both use ([[relay]], and relay of the partner), or node.listen so that it can come to us.";
    PEER_RELAY_UNKNOWN "peer-relay-unknown" [Start] Here
    "相手の中継サーバーが、こちらの設定にありません" "the relay of the partner is none of ours"
    "その中継サーバーを使うには、管理者に登録してもらい、[[relay]] に書いてください。"
    "To use it, have your office registered there and write it as [[relay]].";
    LISTENS_FOR_ITSELF "listens-for-itself" [Start] Here
    "待ち受け先に、このパソコンからしか接続できません" "the address can be reached from this computer only"
    "相手から受信するには、node.listen を 0.0.0.0:8443 のように書いてください。中継するソフトを使う場合はそのままで構いません。"
    "To receive from partners write node.listen as 0.0.0.0:8443; leave it where other software passes connections on.";
    REVOCATION_STRICT_WITHOUT_LIST "revocation-strict-without-list" [Start] Here
    "失効リストがないのに、リストのない認証局の証明書を断る設定です" "certificates without a revocation list are refused, and there is no list"
    "認証局の失効リストを tls.revocation_lists に書くか、tls.revocation を warn にしてください。"
    "Name the lists of the authorities in tls.revocation_lists, or write tls.revocation = \"warn\".";

    FOLDER_DISK_FULL "folder-disk-full" [Folder Held] Here
    "ディスクの空き容量が足りません" "the disk is full"
    "空き容量を増やしてください。空くと自動で再開します。"
    "Make room; it goes on by itself.";
    FOLDER_DENIED "folder-denied" [Folder Held] Here
    "フォルダーに読み書きできません（受信したものでは取込フォルダー）" "the folder cannot be read or written (of what was received: the import folder)"
    "renkei を動かすアカウントに、そのフォルダーの読み書きを許可してください。"
    "Let the account of renkei read and write there.";
    FOLDER_MISSING "folder-missing" [Folder Held] Here
    "フォルダーが見つかりません（受信したものでは取込フォルダー）" "the folder is not there (of what was received: the import folder)"
    "フォルダーを作るか、ディスクや共有フォルダーをつなぐか、設定のパスを直してください。"
    "Make it, connect its disk or share, or mend the path in the configuration.";
    FOLDER_REPLACED "folder-replaced" [Folder] Here
    "以前とは別のフォルダーです" "the folder is not the one that it was"
    "共有フォルダーやディスクをつなぎ直してください。わざと替えた場合は、一度だけ renkei run --accept-folders で起動します。"
    "Connect the share or disk; if it was replaced on purpose, start once with renkei run --accept-folders.";
    FOLDER_NOT_A_FOLDER "folder-not-a-folder" [Folder Held] Here
    "フォルダーの場所に別のものがあります（受信したものでは取込フォルダー）" "something else stands where the folder should be (of what was received: the import folder)"
    "それを別の場所に移すか、設定のパスを直してください。"
    "Move it elsewhere or mend the path in the configuration.";
    FOLDER_LOCKED "folder-locked" [Folder Held] Time
    "ほかのソフトがファイルを使用中です" "another program has a file open"
    "自動でやり直します。続く場合は、そのソフトを閉じてください。"
    "It is tried again; if it goes on, close that program.";
    FOLDER_CHANGED "folder-changed" [Folder Held] Time
    "処理の途中でファイルが変えられました" "a file was changed meanwhile"
    "自動でやり直します。"
    "It is tried again by itself.";
    FOLDER_OTHER_VOLUME "folder-other-volume" [Folder] Here
    "送信用フォルダーと別のドライブです" "the folder is on another volume than the drop folder"
    "office.work を、drop と同じドライブの上に置いてください。"
    "Put office.work on the volume of drop.";
    FOLDER_NO_SAFE_RENAME "folder-no-safe-rename" [Folder] Here
    "このドライブの形式では上書きしない名前の変更ができません" "the volume cannot rename without overwriting"
    "NTFS や ext4 などのドライブを使ってください。"
    "Use a volume with NTFS, ext4 or alike.";
    FOLDER_BAD_NAME "folder-bad-name" [Folder] Here
    "使えないファイル名です" "a name that is not taken"
    "ファイル名を確かめてください。"
    "Look at the file name.";
    FOLDER_SAME_NAME "folder-same-name" [Folder] Here
    "同じ名前のファイルが重なっています" "two files have the same name"
    "正しいほうだけを残してください。"
    "Leave only the right one.";
    FOLDER_TOO_LARGE "folder-too-large" [Folder] Here
    "ファイルが大きすぎます" "the files are too large"
    "出力の範囲を分けてください。"
    "Export less at a time.";
    FOLDER_IO "folder-io" [Folder Held] Here
    "フォルダーの読み書きに失敗しました（受信したものでは取込フォルダー）" "reading or writing the folder failed (of what was received: the import folder)"
    "ディスクとネットワークを確かめてください。自動でやり直します。"
    "Check disk and network; it is tried again.";

    STORE_FULL "store-full" [Store] Here
    "ディスクか、許された台帳の大きさがいっぱいです" "the disk or the allowed size of the store is full"
    "空きを増やすか、limits.store_size を大きくしてください。"
    "Make room or raise limits.store_size.";
    STORE_KEY "store-key" [Store Start] Here
    "パッケージを暗号化した鍵を使えません" "the key that packages are encrypted with cannot be used"
    "設定の store.key_file と、鍵のファイルを確かめてください。"
    "Look at store.key_file in the configuration, and at the file of the key.";
    STORE_IN_USE "store-in-use" [Store Start] Here
    "データフォルダーは別の renkei が使用中です" "another renkei uses the data folder"
    "先に動いている renkei を止めるか、node.data を分けてください。"
    "Stop the other renkei, or give each its own node.data.";
    STORE_ABSENT "store-absent" [Store] Here
    "台帳がありません" "there is no store"
    "renkei run を一度も動かしていないか、--config か node.data が違います。"
    "renkei run has never run, or --config or node.data is another.";
    STORE_MISSING "store-missing" [Store Start] Here
    "以前あった台帳がありません" "the store that was there is missing"
    "データフォルダーのディスクをつなぐか、控えから戻してください。戻せない場合だけ renkei run --new-store で始めます。"
    "Connect the disk of the data folder or restore a copy; only if that is impossible, start with renkei run --new-store.";
    STORE_EMPTIED "store-emptied" [Store Start] Here
    "台帳が空になっています" "the store was emptied"
    "控えから戻してください。戻せない場合だけ renkei run --new-store で始めます。"
    "Restore a copy; only if that is impossible, start with renkei run --new-store.";
    STORE_LOG_ALONE "store-log-alone" [Store Start] Here
    "台帳のログだけが残っています" "there is the log of the store, but not its database"
    "renkei.db を控えから戻してください。戻せない場合だけ renkei run --new-store で始めます。"
    "Restore renkei.db; only if that is impossible, start with renkei run --new-store.";
    STORE_ANOTHER "store-another" [Store Start] Here
    "台帳が以前のものとは別のものです" "the store is another one than before"
    "元のデータフォルダーに戻すか、わざと替えた場合は renkei run --accept-store で起動してください。"
    "Put the former one back, or start with renkei run --accept-store if it is meant.";
    STORE_OLDER "store-older" [Store Start] Here
    "台帳が以前より古い状態です" "the store is older than it was"
    "新しい控えがあれば戻してください。なければ renkei run --accept-store で起動します。"
    "Restore a newer copy if there is one; else start with renkei run --accept-store.";
    STORE_EXPOSED "store-exposed" [Store Start] Here
    "データフォルダーを、ほかのアカウントが読み書きできます" "other accounts can get at the data folder"
    "表示された chmod 700 のコマンドを実行してください。"
    "Run the chmod 700 that is shown.";
    SEALING_KEY_MADE "sealing-key-made" [Journal] Nobody
    "封かん用の新しい鍵を作りました" "a new sealing key was made"
    "30 日ごとに自動で作り、事業所カードで相手に知らせます。"
    "It is made every 30 days by itself, and partners learn of it by the card.";
    SEALING_KEY_REMOVED "sealing-key-removed" [Journal] Nobody
    "使われなくなった封かん用の鍵を削除しました" "a sealing key that nobody needs any more was removed"
    "その鍵で封かんされたものは、もう届きません。"
    "Nothing that is sealed to it can come any more.";
    CARD_REPLACED "card-replaced" [Condition] Nobody
    "相手の新しい事業所カードに入れ替えました" "a newer card of the partner took the place of the former one"
    "登録済みの鍵で署名されているため、自動で入れ替えました。変わった点を確かめたいときは renkei partner show で表示します。"
    "It is signed with the registered key, so it was taken by itself; renkei partner show tells what it says.";
    CARD_NOT_WRITTEN "card-not-written" [Condition] Here
    "相手の新しい事業所カードを保存できません" "a newer card of a partner cannot be written"
    "設定ファイルの横の partners フォルダーに renkei が書けるか、ディスクの空きと権限を確かめてください。自動でやり直します。"
    "See that renkei may write to the folder partners beside the configuration, and that there is space; it is tried again.";
    OWN_CARD_NOT_MADE "own-card-not-made" [Condition] Here
    "自事業所の事業所カードを作れません" "the card of our own office cannot be made"
    "表示された理由（証明書のファイル、データフォルダーの権限など）を確かめてください。直ると自動で作ります。送受信は続いています。"
    "See the reason beside it, such as a file of certificates or the rights of the data folder; it is made when that is mended. The exchange goes on.";
    STORE_TOO_NEW "store-too-new" [Store Start] Here
    "台帳は、より新しい版の renkei で作られています" "a newer renkei made the store"
    "renkei を更新してください。"
    "Update renkei.";
    STORE_TOO_OLD "store-too-old" [Store] Here
    "台帳は、古い版の renkei で作られています" "an older renkei made the store"
    "renkei run を動かすと新しくなります。"
    "renkei run brings it up to date.";
    STORE_DAMAGED "store-damaged" [Store Held] Sender
    "受信側に保存したパッケージが壊れています。送信側で renkei retry を実行すると送り直せます" "the stored package is damaged at the recipient; renkei retry at the sender sends it again"
    "送信側で renkei retry を実行してください。台帳そのものが壊れている場合は控えから戻します。"
    "The sender runs renkei retry; where the store itself is damaged, restore a copy.";
    STORE_CLOSED "store-closed" [Store] Nobody
    "台帳は閉じられています" "the store is closed"
    "renkei が停止中です。"
    "renkei is stopping.";
    STORE_FAILED "store-failed" [Store Held] Here
    "台帳の読み書きに失敗しました" "the store cannot be read or written"
    "ディスクを確かめてください。自動でやり直します。"
    "Check the disk; it is tried again.";
    STORE_ON_NETWORK_SHARE "store-on-network-share" [Start] Here
    "台帳は共有フォルダーに置けません" "the store cannot be on a network share"
    "node.data に、このパソコンのディスクのフォルダーを指定してください。"
    "Name a folder on a local disk in node.data.";

    TOKEN_MISSING "token-missing" [Api] Maker
    => Unauthorized "Expected the header Authorization with Bearer and a token."
    "トークンがありません" "there is no token with the request"
    "介護ソフトの設定に、renkei のトークンが入っているか確かめてください。トークンは renkei token new か、画面の「ユーザー」で発行します。"
    "See whether the care software was given a token of renkei: renkei token new makes one, and so does the page under Users.";
    TOKEN_REFUSED "token-refused" [Api] Here
    => Unauthorized "The token is not known here: it is misspelt, revoked or over."
    "このトークンは使えません" "the token is misspelt, revoked or over"
    "renkei token list で、取り消されていないか、期限が過ぎていないか確かめ、必要なら新しく発行して介護ソフトに設定してください。"
    "Look it up with renkei token list; if need be make a new one and give it to the care software.";
    TOKEN_LOCKED "token-locked" [Api] Time
    => TooManyRequests "Too many wrong tokens or passwords came from there; come again."
    "違うトークンやパスワードが続いたため、しばらく受け付けません" "too many wrong tokens or passwords came from there"
    "介護ソフトに設定したトークンを確かめてください。しばらくたつと受け付けます。"
    "Check the token that the care software was given. It ends by itself after a while.";
    TOKEN_NOT_ALLOWED "token-not-allowed" [Api] Here
    => Forbidden "The token may not do this, or not for this office."
    "このトークンに許されていない操作か、事業所です" "the token may not do this, or not for this office"
    "renkei token list で、できることと事業所を確かめてください。変えるときは、取り消して発行し直します。"
    "See renkei token list for what it may do; to change that, revoke it and make a new one.";
    WRONG_HOST "wrong-host" [Api] Maker
    => Misdirected "The header Host names no name of this page."
    "画面の名前ではない名前で呼び出されました" "the request was for another name than the page has"
    "[page] の hosts にその名前を加えるか、介護ソフトに設定した URL を直してください。"
    "Add the name to hosts of [page], or mend the URL that the care software was given.";
    REQUEST_MALFORMED "request-malformed" [Api] Maker
    => BadRequest "A parameter, a header or the body is not as described."
    "呼び出しの書き方が正しくありません" "a parameter, a header or the body is not as described"
    "介護ソフトの開発元に、spec/page-api.yaml と比べてもらってください。"
    "Have the makers of the care software compare it with spec/page-api.yaml.";
    SET_REFUSED "set-refused" [Api] Sender
    => Unprocessable "The set is not sent; the report says why."
    "ファイルに誤りがあるか、宛先に送れないため、送っていません" "the set has errors, or cannot go to its recipient, and was not sent"
    "返事の report と detail を見て直し、もう一度送ってください。"
    "Mend it as report and detail of the answer say, and send it again.";
    NOT_ONE_SET "not-one-set" [Api] Maker
    => Unprocessable "Expected files of the standard that go together: one sender, one recipient, one file serial."
    "一つの送信単位（送信元・送信先・連番が同じファイル）ではありません" "these are not the files of one send unit"
    "連番ごとに分けて送ってください。"
    "Send each send unit by itself.";
    KEY_REUSED "key-reused" [Api] Maker
    => Unprocessable "This Idempotency-Key came before with other files."
    "同じ Idempotency-Key で、別のファイルが送られました" "the same Idempotency-Key came with other files"
    "別のファイルには、新しい Idempotency-Key を使います。介護ソフトの開発元に伝えてください。"
    "Other files need another key: tell the makers of the care software.";
    PROOF_NOT_MADE "proof-not-made" [Api] Here
    => Conflict "The proof could not be made; renkei export says why."
    "証拠を書き出せません" "the proof could not be made"
    "renkei export で、理由を確かめてください。"
    "renkei export says why.";
}
