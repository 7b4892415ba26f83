-- seen_identity(type, value): one entry of a staged row's identities, its value as the vendor wrote it (text or
-- null).
create or replace macro seen_identity(type, value) as
struct_pack(identity_type := type, identity_value := value)
